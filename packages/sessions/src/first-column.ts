import { ownPathSql } from "@pg-mig/model";

/** Runs SQL text on a node. */
export interface FirstColumnClient {
  query(sql: string): Promise<unknown>;
}

/** What a query of the user's gave. */
export interface FirstColumn {
  readonly values: readonly unknown[];
  readonly problem?: string;
}

/** A query that takes longer than this fails. */
const withinMs = 30_000;

/**
 * The values in the first column of a query of the user's. It can change nothing: it runs in a read-only
 * transaction that is rolled back. A name without a schema is found in `pg_catalog` alone, so that no owner of
 * another schema can put something in its way.
 *
 * @returns the values, or a problem: a later column has the name of the first one, and the driver keeps one value for
 * a name, the last.
 * @throws what the server says
 */
export async function firstColumn(client: FirstColumnClient, sql: string): Promise<FirstColumn> {
  const begin = `BEGIN READ ONLY; ${ownPathSql}; SET LOCAL statement_timeout TO ${withinMs}`;
  try {
    const answers: unknown = await client.query(`${begin};\n${sql}`);
    const { rows = [], fields = [] } = ([answers].flat().at(-1) ?? {}) as {
      readonly rows?: readonly Readonly<Record<string, unknown>>[];
      readonly fields?: readonly { readonly name: string }[];
    };
    const [first, ...others] = fields.map(({ name }) => name);
    if (first === undefined) {
      return { values: [] };
    }
    if (others.includes(first)) {
      return { values: [], problem: `another column has the name of the first one, "${first}"` };
    }
    return { values: rows.map((row) => row[first]) };
  } finally {
    // Where the connection is lost, so is the transaction.
    await client.query("ROLLBACK").catch(() => {});
  }
}
