import type { Report, RunAction, RunEvent, RunOutcome, StepFailure } from "./run-event.js";

/**
 * Builds the report of a run from its events. Every planned step ends in exactly one of the
 * report's numbers; a step that no event mentions was not attempted.
 */
export class ReportBuilder {
  readonly #action: RunAction;
  readonly #startedAtMs: number;
  #addresses: readonly string[] = [];
  #planned = 0;
  #alreadyDone = 0;
  readonly #failed: StepFailure[] = [];
  readonly #inDoubt: StepFailure[] = [];
  readonly #abandoned: Place[] = [];
  readonly #hookFailures: Report["hookFailures"][number][] = [];
  readonly #lostNodes = new Map<string, Report["lostNodes"][number]>();
  /** The steps that this run has done: by version, then by place. */
  readonly #done = new Map<string, Map<string, Place>>();

  constructor(action: RunAction, startedAtMs: number) {
    this.#action = action;
    this.#startedAtMs = startedAtMs;
  }

  /** Whether anything went wrong so far. */
  get failed(): boolean {
    const bad = [this.#failed, this.#inDoubt, this.#hookFailures, this.#abandoned];
    return bad.some(({ length }) => length > 0);
  }

  /** The steps that this run has committed, and that have not vanished. */
  get doneSteps(): readonly StepDone[] {
    return [...this.#done].flatMap(([version, places]) =>
      [...places.values()].map((place) => ({ ...place, version })),
    );
  }

  add(event: RunEvent): void {
    switch (event.type) {
      case "run:start":
        this.#addresses = event.addresses;
        this.#planned += event.steps;
        break;
      case "round:start":
        this.#planned += event.steps;
        break;
      case "step:done": {
        const { node, shard, version } = event;
        const places = this.#done.get(version) ?? new Map<string, Place>();
        this.#done.set(version, places.set(keyOf(event), { node, shard }));
        break;
      }
      case "step:vanished":
        // What an earlier run had done was not planned.
        if (this.#done.get(event.version)?.delete(keyOf(event)) !== true) {
          this.#planned++;
        }
        break;
      case "step:already-done":
        this.#alreadyDone++;
        break;
      case "step:failed":
      case "step:in-doubt": {
        const { node, shard, version, error, notAttempted } = event;
        const blocked = "blockedBy" in event ? { blockedBy: event.blockedBy } : {};
        const failure = { node, shard, version, error, notAttempted, ...blocked };
        (event.type === "step:failed" ? this.#failed : this.#inDoubt).push(failure);
        break;
      }
      case "chain:abandoned":
        this.#abandoned.push({ node: event.node, shard: event.shard });
        break;
      case "node:lost": {
        const { node, error } = event;
        this.#lostNodes.set(node, { node, error });
        break;
      }
      case "node:back":
        this.#lostNodes.delete(event.node);
        break;
      case "hook:failed": {
        const { node, file, error } = event;
        this.#hookFailures.push({ node, file, error });
        break;
      }
    }
  }

  build(
    outcome: RunOutcome,
    nowMs: number,
    state: Pick<Report, "latest" | "edited" | "partial" | "error">,
  ): Report {
    const done = this.doneSteps.length;
    const ended = done + this.#alreadyDone + this.#failed.length + this.#inDoubt.length;
    return {
      action: this.#action,
      addresses: this.#addresses,
      outcome,
      durationMs: nowMs - this.#startedAtMs,
      planned: this.#planned,
      done,
      alreadyDone: this.#alreadyDone,
      failed: this.#failed.toSorted(byPlace),
      inDoubt: this.#inDoubt.toSorted(byPlace),
      notAttempted: this.#planned - ended,
      abandoned: this.#abandoned.toSorted(byPlace),
      lostNodes: [...this.#lostNodes.values()],
      hookFailures: this.#hookFailures,
      doneByVersion: [...this.#done]
        .filter(([, places]) => places.size > 0)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([version, places]) => ({ version, shards: [...places.values()].sort(byPlace) })),
      ...state,
    };
  }
}

interface Place {
  readonly node: string;
  readonly shard: string;
}

/** A version that this run has done on a shard; `node` is the node's label. */
export interface StepDone extends Place {
  readonly version: string;
}

function keyOf({ node, shard }: Place): string {
  return JSON.stringify([node, shard]);
}

function byPlace(a: Place, b: Place): number {
  if (a.node !== b.node) {
    return a.node < b.node ? -1 : 1;
  }
  return a.shard === b.shard ? 0 : a.shard < b.shard ? -1 : 1;
}
