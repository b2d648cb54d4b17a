import type { ShardToPlan, Violation } from "./plan.js";
import { shownName } from "./shown-name.js";

const otherPrefix =
  "A prefix that was added on disk, or a shard that was renamed, gives this shard other versions than before: keep the prefix that the shard was migrated with.";

interface DiskVersions {
  /** The names of the versions that the shard gets, in order. */
  readonly onDisk: readonly string[];
  /** The names of all versions on disk, for whichever shards. */
  readonly known: ReadonlySet<string>;
}

/** Finds the first place where a ledger is no beginning of the versions on disk for its shard. */
export function findTimelineViolation<S extends ShardToPlan>(
  shard: S,
  { onDisk, known }: DiskVersions,
): Violation<S> | undefined {
  const { node, name, versions: applied } = shard;
  const place = applied.findIndex((version, index) => version !== onDisk[index]);
  const inDatabase = applied[place];
  if (inDatabase === undefined) {
    return undefined;
  }
  const found = shownName(inDatabase);
  const expected = onDisk[place];
  const where = `on ${node.label}, shard ${name}`;
  if (expected === undefined) {
    return {
      code: "VERSION_MISSING_ON_DISK",
      shard,
      onDisk: undefined,
      inDatabase,
      message: `${found} is applied ${where}, but ${missingOnDisk(inDatabase, known)}.`,
      hint: known.has(inDatabase)
        ? otherPrefix
        : `Update your branch so that it holds ${found}, or undo the version from a branch that holds it.`,
    };
  }
  return {
    code: "TIMELINE_VIOLATION",
    shard,
    onDisk: expected,
    inDatabase,
    message: `Timeline violation ${where}: ${placeName(place)} is ${expected} on disk, but ${found} in the database.`,
    hint: timelineHint(expected, inDatabase, { onDisk, known }),
  };
}

function timelineHint(
  expected: string,
  inDatabase: string,
  { onDisk, known }: DiskVersions,
): string {
  const found = shownName(inDatabase);
  if (onDisk.includes(inDatabase)) {
    return `${expected} came to the disk after ${inDatabase} was applied. Rebase: make ${expected} anew with a later timestamp (the action \`make\`), so that it comes after all that is applied.`;
  }
  if (known.has(inDatabase)) {
    return otherPrefix;
  }
  return `Rebase: update your branch so that it holds ${found}, and let your own new versions come after it (undo them, make them anew with a later timestamp).`;
}

function missingOnDisk(version: string, known: ReadonlySet<string>): string {
  return known.has(version)
    ? "the versions on disk for this shard do not hold it"
    : "it is missing on disk";
}

function placeName(index: number): string {
  return `version ${index + 1} of the shard`;
}
