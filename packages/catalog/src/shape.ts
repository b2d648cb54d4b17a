import { createHash } from "node:crypto";

/**
 * The version of what counts as a shape. It changes with every change of the query that may change the
 * shape of a schema that did not change.
 */
export const shapeVersion = 1;

/** One thing that a schema has. Of the schema's own name it holds a mark instead. */
export interface ShapeItem {
  /** What it is, in PostgreSQL's words: `table`, `column`, `index`, `comment`, … */
  readonly kind: string;
  /** Its name within the schema: `users`, `users.id`, `f(integer)`. */
  readonly path: string;
  /** All that can differ, in words close to SQL. */
  readonly definition: string;
  /** The name of what it is a part of, and comes and goes with: of the table, for its columns and indexes. */
  readonly parent?: string | undefined;
  /** A hash of what is never shown: the options of foreign tables. */
  readonly hidden?: string | undefined;
}

/** What shapes must have in common to be compared. */
export interface ShapeBasis {
  /** The server's major version. */
  readonly major: number;
  readonly access?: "yes" | "no" | undefined;
}

/**
 * Everything in the catalogs that a schema's migrations can make, without the schema's own name and
 * without the ledger. Plain data: it survives JSON.
 */
export interface Shape {
  /** The name of the schema, unquoted. */
  readonly schema: string;
  /**
   * Equal for schemas with equal items, if they were read with one version of the query, from servers
   * that print alike, and both with or without access; never equal otherwise.
   */
  readonly hash: string;
  /** By kind, path and definition, in code-unit order. */
  readonly items: readonly ShapeItem[];
}

/** The servers that print all definitions alike. PostgreSQL 16 began to print columns of views shorter. */
export function serverFamily(major: number): string {
  return major < 16 ? "14-15" : major > 18 ? String(major) : "16-18";
}

/** What the hashes begin with of all shapes that may be compared. */
export function shapePrefix({ major, access = "no" }: ShapeBasis): string {
  return `${shapeVersion}/${serverFamily(major)}${access === "yes" ? "/access" : ""}:`;
}

/** Makes a shape of the items of a schema. Pure. The hash is the one that the server tells. */
export function shapeOf(schema: string, items: readonly ShapeItem[], basis: ShapeBasis): Shape {
  const hashes = items.map(itemHash).sort();
  return {
    schema,
    hash: shapePrefix(basis) + sha256(hashes.join("")),
    items: [...items].sort((a, b) =>
      compareTexts([a.kind, a.path, a.definition], [b.kind, b.path, b.definition]),
    ),
  };
}

function itemHash({ kind, path, definition, hidden = "" }: ShapeItem): string {
  return sha256([kind, path, definition, hidden].join("\u0003"));
}

function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

function compareTexts(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((text, i) => text !== b[i]);
  return at === -1 ? 0 : (a[at] ?? "") < (b[at] ?? "") ? -1 : 1;
}
