import { ownPathSql, PgMigError } from "@pg-mig/model";
import { isBug, isConnectionLoss } from "./server-error.js";

/** Which schemas count as shards. */
export interface ValidShards {
  /** A query whose first column names them on each node. */
  readonly sql: string;
  /** The names of schemas that count whatever the query says. */
  readonly always: ReadonlySet<string>;
}

/** Runs SQL text on a node. */
export interface ValidShardsClient {
  query(sql: string): Promise<unknown>;
}

/** A query that takes longer than this fails. */
const withinMs = 30_000;

/**
 * Asks a node which of its schemas count: gives a test for their names. The query is its author's own,
 * and runs as any of theirs would, but can change nothing: in a read-only transaction that is rolled
 * back. A name without a schema is found in `pg_catalog` alone, so that no owner of another schema can put
 * something in its way.
 *
 * @throws PgMigError `VALID_SHARDS_FAILED`
 */
export async function readValidShards(
  client: ValidShardsClient,
  { sql, always }: ValidShards,
): Promise<(schema: string) => boolean> {
  const named = new Set<string>();
  for (const row of await readOnlyRows(client, sql)) {
    const [name] = Object.values(row as object);
    if (typeof name !== "string") {
      throw failed(`its first column is ${name === null ? "NULL" : "no text"}`);
    }
    named.add(name);
  }
  return (schema) => always.has(schema) || named.has(schema);
}

async function readOnlyRows(client: ValidShardsClient, sql: string): Promise<readonly unknown[]> {
  const begin = `BEGIN READ ONLY; ${ownPathSql}; SET LOCAL statement_timeout TO ${withinMs}`;
  try {
    const answers: unknown = await client.query(`${begin};\n${sql}`);
    const last = [answers].flat().at(-1) as { readonly rows?: readonly unknown[] } | undefined;
    return last?.rows ?? [];
  } catch (error) {
    if (isBug(error) || isConnectionLoss(error)) {
      throw error;
    }
    throw failed(error instanceof Error ? error.message : String(error), error);
  } finally {
    // Where the connection is lost, so is the transaction.
    await client.query("ROLLBACK").catch(() => {});
  }
}

function failed(reason: string, cause?: unknown): PgMigError {
  return new PgMigError(`The query of the setting \`validShardSchemasSql\` failed: ${reason}.`, {
    code: "VALID_SHARDS_FAILED",
    hint: "It names the schemas that count, in its first column; it may change nothing, and names outside of pg_catalog need their schema.",
    cause,
  });
}
