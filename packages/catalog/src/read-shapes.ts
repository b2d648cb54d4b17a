import { type CatalogSqlOptions, catalogSql } from "./catalog-sql.js";
import { parseHashes, parseItems, type ShapeHash } from "./parse-catalog.js";
import type { Shape } from "./shape.js";

/** What reading needs: a `pg.Client`, or anything that runs a message of several statements likewise. */
export interface CatalogClient {
  query(sql: string): Promise<unknown>;
}

/** How to read: as for `catalogSql`, which is asked for the rows that it takes. */
export type ReadShapesOptions = Omit<CatalogSqlOptions, "rows">;

/**
 * Reads the shapes of schemas, by name in code-unit order; one that is not there is left out. As
 * `catalogSql` says: not in a transaction, and not of hundreds at a time.
 *
 * @example
 * const [one, other] = await readShapes(client, ["sh0001", "sh0002"], { major: 18 });
 */
export async function readShapes(
  client: CatalogClient,
  schemas: readonly string[],
  options: ReadShapesOptions,
): Promise<Shape[]> {
  const answer = await client.query(catalogSql(schemas, { ...options, rows: "items" }));
  return parseItems(lastRows(answer), options);
}

/** Reads the hashes of the shapes alone, in the same way. The server sends a hundred bytes for each. */
export async function readShapeHashes(
  client: CatalogClient,
  schemas: readonly string[],
  options: ReadShapesOptions,
): Promise<ShapeHash[]> {
  const answer = await client.query(catalogSql(schemas, { ...options, rows: "hashes" }));
  return parseHashes(lastRows(answer));
}

/** A message of several statements has an answer for each. */
function lastRows(answer: unknown): readonly unknown[] {
  const last: unknown = Array.isArray(answer) ? answer.at(-1) : answer;
  return (last as { readonly rows?: readonly unknown[] } | undefined)?.rows ?? [];
}
