import type { ErrorInfo } from "./error-info.js";
import type { Report } from "./report.js";
import type { RunEvent } from "./run-event.js";
import type { AwayNode, PausedNode } from "./run-model.js";

type PausedNodes = NonNullable<Report["pausedNodes"]>;

/** The nodes that a run leaves alone: those that are away or lost, and those that the throttle pauses. */
export class IdleNodes {
  readonly #away = new Map<string, AwayNode>();
  readonly #lost = new Map<string, ErrorInfo>();
  readonly #paused = new Map<string, PausedNode>();
  /** What came of the pauses that have ended. */
  readonly #pausedBefore = new Map<string, PausedNodes[number]>();

  /** Nodes that are waited for. */
  get away(): ReadonlyMap<string, AwayNode> {
    return this.#away;
  }

  /** Nodes that are not waited for any more, and why. */
  get lost(): ReadonlyMap<string, ErrorInfo> {
    return this.#lost;
  }

  /** Nodes that the throttle pauses now. */
  get paused(): ReadonlyMap<string, PausedNode> {
    return this.#paused;
  }

  /** Takes the next event of a node, which came at `nowMs`. */
  add(event: Extract<RunEvent, { readonly type: `node:${string}` }>, nowMs: number): void {
    const { node } = event;
    switch (event.type) {
      case "node:away":
        this.#away.set(node, { message: event.error.message, untilMs: nowMs + event.leftMs });
        break;
      case "node:back":
        this.#away.delete(node);
        this.#lost.delete(node);
        break;
      case "node:lost":
        this.#away.delete(node);
        this.#lost.set(node, event.error);
        break;
      case "node:paused": {
        const sinceMs = this.#paused.get(node)?.sinceMs ?? nowMs;
        this.#paused.set(node, { why: event.why, sinceMs });
        break;
      }
      case "node:resumed":
        this.#pausedBefore.set(node, this.#pausedNode(node, nowMs));
        this.#paused.delete(node);
        break;
    }
  }

  /** Nodes that the throttle pauses or has paused. */
  pausedSoFar(nowMs: number): PausedNodes {
    const nodes = new Set([...this.#pausedBefore.keys(), ...this.#paused.keys()]);
    return [...nodes].map((node) => this.#pausedNode(node, nowMs));
  }

  /** Why a node was paused at last, and for how long in all. */
  #pausedNode(node: string, nowMs: number): PausedNodes[number] {
    const { why = "", pausedMs = 0 } = this.#pausedBefore.get(node) ?? {};
    const now = this.#paused.get(node);
    const lastMs = now === undefined ? 0 : Math.round(nowMs - now.sinceMs);
    return { node, why: now?.why ?? why, pausedMs: pausedMs + lastMs };
  }
}
