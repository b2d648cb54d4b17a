import { PgMigError } from "@pg-mig/model";
import { type FirstColumnClient, firstColumn } from "./first-column.js";
import { isBug, isConnectionLoss } from "./server-error.js";

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
  client: FirstColumnClient,
  { sql, always }: ValidShards,
): Promise<(schema: string) => boolean> {
  const named = new Set<string>();
  const { values, problem } = await firstColumn(client, sql).catch((error: unknown) => {
    if (isBug(error) || isConnectionLoss(error)) {
      throw error;
    }
    throw failed(error instanceof Error ? error.message : String(error), error);
  });
  if (problem !== undefined) {
    throw failed(problem);
  }
  for (const name of values) {
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
