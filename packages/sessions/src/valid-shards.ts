import { PgMigError, wordsOf } from "@pg-mig/model";
import { firstColumn } from "./first-column.js";
import { isBug, isConnectionLoss } from "./server-error.js";
import type { SessionClient } from "./session-client.js";

/** Which schemas count as shards. */
export interface ValidShards {
  /** A query whose first column names them on each node. */
  readonly sql: string;
  /** The names of schemas that count whatever the query says. */
  readonly always: ReadonlySet<string>;
}

/**
 * Asks a node which of its schemas count: gives a test for their names. The query is its author's own,
 * and runs as any of theirs would, but can change nothing: in a read-only transaction that is rolled
 * back. A name without a schema is found in `pg_catalog` alone, so that no owner of another schema can put
 * something in its way.
 *
 * @throws PgMigError `VALID_SHARDS_FAILED`
 */
export async function readValidShards(
  client: Pick<SessionClient, "query">,
  { sql, always }: ValidShards,
): Promise<(schema: string) => boolean> {
  const named = new Set<string>();
  const names = await firstColumn(client, sql).catch((error: unknown) => {
    if (isBug(error) || isConnectionLoss(error)) {
      throw error;
    }
    throw failed(wordsOf(error), error);
  });
  for (const name of names) {
    if (typeof name !== "string") {
      throw failed(`its first column is ${name === null ? "NULL" : "no text"}`);
    }
    named.add(name);
  }
  return (schema) => always.has(schema) || named.has(schema);
}

function failed(reason: string, cause?: unknown): PgMigError {
  return new PgMigError(`The query of the setting \`validShardSchemasSql\` failed: ${reason}.`, {
    code: "VALID_SHARDS_FAILED",
    hint: "It names the schemas that count, in its first column; it may change nothing, and names outside of pg_catalog need their schema.",
    cause,
  });
}
