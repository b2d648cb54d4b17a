import { ownPathSql } from "@pg-mig/model";
import type { ArrayQuery, SessionClient } from "./session-client.js";

/** A query that takes longer than this fails, if nothing else is said. */
const usualWithinMs = 30_000;

/**
 * The values in the first column of a query of the user's. It changes nothing: it is one statement, in a
 * read-only transaction that is rolled back. A name without a schema is found in `pg_catalog` alone, so that no
 * owner of another schema can put something in its way.
 *
 * @throws what the server says
 */
export async function firstColumn(
  client: Pick<SessionClient, "query">,
  sql: string,
  withinMs = usualWithinMs,
): Promise<readonly unknown[]> {
  await client.query(`BEGIN READ ONLY; ${ownPathSql}; SET LOCAL statement_timeout TO ${withinMs}`);
  try {
    const config: ArrayQuery = { text: sql, rowMode: "array", queryMode: "extended" };
    const { rows } = await client.query(config);
    return (rows as readonly unknown[][]).map(([value]) => value);
  } finally {
    // Where the connection is lost, so is the transaction.
    await client.query("ROLLBACK").catch(() => {});
  }
}
