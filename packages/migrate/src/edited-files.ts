import { editedVersions, type LedgerEntry } from "@pg-mig/ledger";
import {
  type FileChecksums,
  type MigrationDirectory,
  nodeFileSystem,
  readChecksums,
} from "@pg-mig/migrations";
import { PgMigError, type Place } from "@pg-mig/model";
import type { EditedFile } from "@pg-mig/report";
import { type OpenNode, placeOf } from "@pg-mig/sessions";

/**
 * Finds the versions whose file on disk is not the one that was applied, and where that was. Only
 * files are read whose checksum some ledger knows.
 */
export async function findEditedFiles(
  directory: MigrationDirectory,
  nodes: readonly OpenNode[],
): Promise<readonly EditedFile[]> {
  const known = new Set<string>();
  const shards = nodes.flatMap((open) => open.shards);
  for (const { ledger } of shards) {
    for (const { version, checksum } of ledger.entries) {
      if (checksum !== undefined) {
        known.add(version);
      }
    }
  }
  const editedOf = editedIn(
    await readChecksums(directory, { fs: nodeFileSystem, versions: [...known] }),
  );
  const edited = new Map<string, Place[]>();
  for (const shard of shards) {
    for (const version of editedOf(shard.ledger.entries)) {
      const places = edited.get(version) ?? [];
      edited.set(version, places);
      places.push(placeOf(shard));
    }
  }
  return [...edited]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([version, places]) => ({ version, shards: places }));
}

/** Finds the edited ones in a ledger: those that neither checksum of the file explains. */
function editedIn(
  files: ReadonlyMap<string, FileChecksums>,
): (entries: readonly LedgerEntry[]) => readonly string[] {
  const pick = (of: keyof FileChecksums) =>
    new Map([...files].map(([version, checksums]) => [version, checksums[of]]));
  const [own, ofBytes] = [pick("checksum"), pick("ofBytes")];
  return (entries) => {
    const unlike = new Set(editedVersions(entries, own));
    // Nearly always there is none.
    return unlike.size === 0
      ? []
      : editedVersions(entries, ofBytes).filter((version) => unlike.has(version));
  };
}

/**
 * Throws if there are edited files.
 *
 * @throws PgMigError `FILES_EDITED`, with a problem for each version
 */
export function refuseEditedFiles(edited: readonly EditedFile[]): void {
  if (edited.length === 0) {
    return;
  }
  const names = edited.map(({ version }) => version).join(", ");
  throw new PgMigError(`Files were edited after they were applied: ${names}.`, {
    code: "FILES_EDITED",
    hint: "Restore the files as they were applied, and put the change into a new version (the action `make`); or run without the setting `strict`.",
    problems: edited.map(({ version, shards }) => ({
      message: `The file of ${version} is not the one that was applied to ${shards.length} ${shards.length === 1 ? "shard" : "shards"}.`,
      where: { version },
    })),
  });
}
