import type { MigrationDirectory } from "@pg-mig/migrations";
import { buildUndoPlan } from "@pg-mig/planner";
import type { CountedRun } from "@pg-mig/report";
import { requireVersion } from "./require-version.js";
import { startRun } from "./run-flow.js";
import type { RunKind } from "./run-kind.js";
import type { UndoOptions } from "./run-options.js";

/**
 * Undoes a version on every shard whose latest it is: its dn file runs and the ledger loses the
 * entry, in one transaction. A shard where it was never applied is passed over.
 *
 * `result` rejects, with nothing changed, as that of `apply`, and with `VERSION_UNKNOWN` if the
 * version is not on disk, `UNDO_NOT_LATEST` if a shard has later versions, `UNDO_FILE_EMPTY` if its dn
 * file holds no statement.
 */
export function undo(options: UndoOptions): CountedRun {
  return startRun(options, (directory) => undoKind(directory, options.version));
}

/** The undo of a version, given by its name, or the name or path of one of its files. */
export function undoKind(directory: MigrationDirectory, text: string): RunKind {
  const version = requireVersion(directory, text);
  return {
    action: "undo",
    direction: "down",
    plan: (shards) => buildUndoPlan({ version, shards }),
    digestMeanwhile: "before-undo",
    digestAfter: "after-undo",
    newSchemas: "ignore",
  };
}
