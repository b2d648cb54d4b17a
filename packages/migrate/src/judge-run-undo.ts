import type { LedgerEntry } from "@pg-mig/ledger";

/** What is to be undone of a run on one shard. */
export interface RunUndoJudgement {
  /** Newest first. */
  readonly pending: readonly string[];
  /** What cannot be: the newest of it, why, and what the run applied before that. */
  readonly stays?: {
    readonly version: string;
    /** `later`: another version comes after it. */
    readonly why: "later" | "no-undo";
    /** The version that comes after it. */
    readonly later?: string;
    readonly notAttempted: readonly string[];
  };
}

/**
 * Judges what of a run can be undone on a shard, newest first. What is gone already is passed over. Pure.
 *
 * @param isOfRun Whether the run has made an entry: the same version may have been undone and applied since.
 * @param canBeUndone Whether there is a file that undoes a version.
 */
export function judgeRunUndo(
  entries: readonly LedgerEntry[],
  isOfRun: (entry: LedgerEntry) => boolean,
  canBeUndone: (version: string) => boolean,
): RunUndoJudgement {
  const newestFirst = entries.toReversed();
  const end = newestFirst.findIndex((entry) => !(isOfRun(entry) && canBeUndone(entry.version)));
  const undone = end === -1 ? newestFirst : newestFirst.slice(0, end);
  const pending = undone.map(({ version }) => version);
  const [version, ...notAttempted] = newestFirst
    .slice(undone.length)
    .filter(isOfRun)
    .map((entry) => entry.version);
  if (version === undefined) {
    return { pending };
  }
  const first = newestFirst[undone.length]?.version;
  return {
    pending,
    stays:
      first === version
        ? { version, why: "no-undo", notAttempted }
        : { version, why: "later", ...(first === undefined ? {} : { later: first }), notAttempted },
  };
}
