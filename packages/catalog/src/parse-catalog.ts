import { type Shape, type ShapeBasis, type ShapeItem, shapeOf } from "./shape.js";

/** A row of `catalogSql` with `rows: "hashes"`. */
export interface ShapeHash {
  readonly schema: string;
  /** As `Shape.hash`. */
  readonly hash: string;
  /** How many items the shape has. */
  readonly items: number;
}

/**
 * Reads the rows of `catalogSql` with `rows: "items"`. Returns a shape for each schema that is there, by
 * name in code-unit order.
 */
export function parseItems(rows: readonly unknown[], basis: ShapeBasis): Shape[] {
  const bySchema = new Map<string, ShapeItem[]>();
  for (const row of rows as readonly (Omit<ShapeItem, "parent" | "hidden"> & {
    readonly schema: string;
    readonly parent: string | null;
    readonly hidden: string | null;
  })[]) {
    const { schema, kind, path, definition, parent, hidden } = row;
    const item = {
      kind,
      path,
      definition,
      ...(parent === null ? {} : { parent }),
      ...(hidden === null ? {} : { hidden }),
    };
    const items = bySchema.get(schema);
    if (items === undefined) {
      bySchema.set(schema, [item]);
    } else {
      items.push(item);
    }
  }
  return [...bySchema].map(([schema, items]) => shapeOf(schema, items, basis)).sort(bySchemaName);
}

/** Reads the rows of `catalogSql` with `rows: "hashes"`: by name in code-unit order. */
export function parseHashes(rows: readonly unknown[]): ShapeHash[] {
  return [...(rows as readonly ShapeHash[])].sort(bySchemaName);
}

function bySchemaName(a: { readonly schema: string }, b: { readonly schema: string }): number {
  return a.schema < b.schema ? -1 : 1;
}
