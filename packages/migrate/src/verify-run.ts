import { defaults, PgMigError } from "@pg-mig/model";
import type { ErrorInfo, PlacedStep, RunEvent } from "@pg-mig/report";
import { errorInfo, type OpenNode, placeOf } from "@pg-mig/sessions";
import type { PreparedRun } from "./prepare-run.js";
import type { RunOptions } from "./run-options.js";

export interface VerifyRunOptions extends Pick<RunOptions, "verify" | "lockTimeoutMs"> {
  /** The steps that the run has done. */
  readonly done: readonly PlacedStep[];
  /** Whether all shards are done. */
  readonly isWhole: boolean;
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
  readonly onNote: (message: string) => void;
}

/** What a run is to end with after its shards were compared; `done`: it goes on. */
export type VerifyOutcome =
  | { readonly outcome: "done" | "interrupted" }
  | { readonly outcome: "failed"; readonly error: ErrorInfo };

/**
 * Compares the shards that a run has touched, and warns of each difference. If it has done nothing, and is to
 * save a digest, compares all of them: an earlier run may have left them different, and have failed for that.
 */
export async function verifyRun(
  nodes: readonly OpenNode[],
  { kind, cluster, directory }: Pick<PreparedRun, "kind" | "cluster" | "directory">,
  options: VerifyRunOptions,
): Promise<VerifyOutcome> {
  const { done, isWhole, signal, emit, onNote } = options;
  const { verify, lockTimeoutMs = defaults.lockTimeoutMs } = options;
  const isUnsaved = nodes.some(({ ledger }) => ledger.digest !== kind.digestAfter);
  const isDue = done.length === 0 && isWhole && kind.action === "apply" && isUnsaved;
  const touched = isDue ? nodes.flatMap(({ shards }) => shards.map(placeOf)) : done;
  if (touched.length === 0) {
    return { outcome: "done" };
  }
  onNote(
    isDue
      ? "Comparing all shards, since no run has saved a digest of these versions."
      : "Comparing the shards that the run has touched.",
  );
  const { verifyShards } = await import("./verify-shards.js");
  let found: readonly string[];
  try {
    found = await verifyShards({ cluster, nodes, touched, directory, lockTimeoutMs, signal });
  } catch (error) {
    if (signal.aborted) {
      return { outcome: "interrupted" };
    }
    throw error;
  }
  for (const message of found) {
    emit({ type: "warning", message });
  }
  return verify === "fail" && found.length > 0
    ? { outcome: "failed", error: errorInfo(notAlike(), {}) }
    : { outcome: "done" };
}

function notAlike(): PgMigError {
  return new PgMigError("Shards are not alike, or could not be read, so no digest is saved.", {
    code: "SHARDS_DIFFER",
    hint: "All versions are there; the warnings say what differs. `pg-mig drift` compares the whole fleet.",
  });
}
