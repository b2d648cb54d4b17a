import { entryLostError } from "@pg-mig/executor";
import type { ShardLedger } from "@pg-mig/ledger";
import type { PlacedStep, RunEvent, RunReducer } from "@pg-mig/report";
import { errorInfo, type OpenNode } from "@pg-mig/sessions";
import type { CommitServers } from "./commit-servers.js";
import type { RunKind } from "./run-kind.js";

export interface VanishedStepsOptions {
  /** What the run has done. */
  readonly report: Pick<RunReducer, "doneSteps">;
  /** Where the run has committed. */
  readonly commits: CommitServers;
  readonly action: RunKind["action"];
  readonly emit: (event: RunEvent) => void;
}

/** Tells which of the steps that a run has done are gone. */
export class VanishedSteps {
  readonly #options: VanishedStepsOptions;
  /** The reading that was looked at last. */
  #toldOf: readonly OpenNode[] | undefined;

  constructor(options: VanishedStepsOptions) {
    this.#options = options;
  }

  /**
   * Tells what is gone by this reading, once, and gives what a failover has taken back. If nothing else can
   * have lost a step, somebody took its entry away, and it has failed: it is not run again.
   */
  tell(now: readonly OpenNode[]): readonly PlacedStep[] {
    if (now === this.#toldOf) {
      return [];
    }
    this.#toldOf = now;
    const { report, commits, action, emit } = this.#options;
    const mustBeThere = new Set(
      now.filter((open) => commits.mustHaveAll(open)).map(({ node }) => node.label),
    );
    return findVanished(report.doneSteps, now, action).filter((step) => {
      emit({ type: "step:vanished", ...step, doneBy: "this-run" });
      if (!mustBeThere.has(step.node)) {
        return true;
      }
      const error = errorInfo(entryLostError(step), step);
      emit({ type: "step:failed", ...step, error, notAttempted: [], durationMs: 0 });
      return false;
    });
  }
}

/**
 * Which of the steps that a run has done the ledgers do not have any more: a failover has lost what
 * was not replicated. Shards and nodes that were not read say nothing. Pure.
 */
function findVanished(
  steps: Iterable<PlacedStep>,
  nodes: readonly OpenNode[],
  action: RunKind["action"],
): readonly PlacedStep[] {
  const shards = new Map(nodes.map(({ node, ledger }) => [node.label, ledger.shards]));
  const vanished: PlacedStep[] = [];
  for (const step of steps) {
    const ledger = findShard(shards.get(step.node) ?? [], step.shard);
    // What was done of late comes last.
    const entry = ledger?.entries.findLast(({ version }) => version === step.version);
    if (ledger !== undefined && (entry !== undefined) !== (action === "apply")) {
      vanished.push(step);
    }
  }
  return vanished;
}

/** Finds one in a list in the order of names: of a million shards, a map would take more memory than time. */
function findShard(shards: readonly ShardLedger[], name: string): ShardLedger | undefined {
  let [from, to] = [0, shards.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((shards[middle]?.shard ?? "") < name) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return shards[from]?.shard === name ? shards[from] : undefined;
}
