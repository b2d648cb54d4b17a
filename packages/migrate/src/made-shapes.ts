import { type Shape, serverFamily } from "@pg-mig/catalog";
import type { MigrationDirectory } from "@pg-mig/migrations";
import type { ShardGroup } from "./compare-shards.js";
import { printsDifferently } from "./prints-differently.js";
import { type ReplayOptions, replayFiles } from "./replay-files.js";

/** Shards with one ledger, on servers that print alike. */
export interface LedgerGroup extends ShardGroup {
  /** The versions of the ledger, oldest first. */
  readonly versions: readonly string[];
  readonly family: string;
}

/** A group with what the files make of its versions, or why that cannot be compared. */
export type MadeGroup =
  | { readonly group: LedgerGroup; readonly made: Shape }
  | { readonly group: LedgerGroup; readonly reason: string };

/**
 * Runs the files on a scratch database, and gives each group the shape that they make of its versions.
 *
 * @throws PgMigError as `replayFiles`
 */
export async function madeShapes(
  groups: readonly LedgerGroup[],
  options: Omit<ReplayOptions, "wanted">,
): Promise<readonly MadeGroup[]> {
  const wanted = new Map<string, Set<string | undefined>>();
  for (const group of groups.filter((one) => fits(one, options.directory))) {
    const { prefix, version } = group;
    wanted.set(prefix, (wanted.get(prefix) ?? new Set<string | undefined>()).add(version));
  }
  if (wanted.size === 0) {
    return groups.map((group) => ({ group, reason: doesNotFit }));
  }
  const { major, shapes } = await replayFiles({ ...options, wanted });
  const family = serverFamily(major);
  return groups.map((group) => {
    const made = fits(group, options.directory)
      ? shapes.get(group.prefix)?.get(group.version)
      : undefined;
    if (made === undefined) {
      return { group, reason: doesNotFit };
    }
    return group.family === family
      ? { group, made }
      : { group, reason: printsDifferently(group.family, family) };
  });
}

const doesNotFit = "its ledger does not fit the files";

/** Whether the ledger is a beginning of the versions on disk. */
function fits(
  { prefix, versions }: LedgerGroup,
  directory: Pick<MigrationDirectory, "versions">,
): boolean {
  const onDisk = directory.versions.filter((one) => one.prefix === prefix);
  return onDisk.length > 0 && versions.every((name, i) => onDisk[i]?.name === name);
}
