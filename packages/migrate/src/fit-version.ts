import { type Difference, diffShapes, type Shape } from "@pg-mig/catalog";

/** Which versions a shape may be of. */
export interface Fit {
  /** Those that leave the very shape, in order; `undefined` stands for none of them yet. */
  readonly versions: readonly (string | undefined)[];
  /** If there are none: the one with the fewest differences, of several the latest. */
  readonly nearest: string | undefined;
  readonly differences: readonly Difference[];
}

/** Finds the versions that leave a shape. Pure. @param shapes What each leaves, in order; at least one. */
export function fitVersion(found: Shape, shapes: ReadonlyMap<string | undefined, Shape>): Fit {
  const told = [...shapes].map(([version, made]) => ({
    version,
    differences: diffShapes(made, found),
  }));
  const versions = told
    .filter(({ differences }) => differences.length === 0)
    .map(({ version }) => version);
  const [nearest] = told.reverse().sort((a, b) => a.differences.length - b.differences.length);
  return versions.length > 0 || nearest === undefined
    ? { versions, nearest: undefined, differences: [] }
    : { versions, nearest: nearest.version, differences: nearest.differences };
}
