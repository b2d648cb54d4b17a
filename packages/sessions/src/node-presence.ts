import type { NodeEvent } from "@pg-mig/report";
import { errorInfo } from "./error-info.js";
import type { SessionNode } from "./session-client.js";

/** Since when a node accepts no connection, and what was reported about it. */
interface Absence {
  readonly sinceMs: number;
  readonly untilMs: number;
  /** The code of the error that was told last. */
  code: string | undefined;
  state: "waited for" | "lost";
}

/**
 * Which nodes accept no connection at the moment. All who wait for a node share one absence and its end.
 * So it is reported once, and after its end nobody waits for this node any more.
 */
export class NodePresence {
  readonly #onChange: (event: NodeEvent) => void;
  readonly #nowMs: () => number;
  readonly #absences = new Map<string, Absence>();

  /**
   * `onChange` is told when a node goes away, comes back, or is given up. `nowMs` is a clock that
   * never goes back, in milliseconds.
   */
  constructor(
    onChange: (event: NodeEvent) => void = () => {},
    nowMs: () => number = () => performance.now(),
  ) {
    this.#onChange = onChange;
    this.#nowMs = nowMs;
  }

  /**
   * The node did not let somebody in who would wait for it for `waitMs` in all. Returns how long that
   * still is, in milliseconds; 0: no longer.
   */
  missed(node: SessionNode, error: unknown, waitMs: number): number {
    const nowMs = this.#nowMs();
    let absence = this.#absences.get(node.name);
    if (absence === undefined) {
      absence = {
        sinceMs: nowMs,
        untilMs: nowMs + waitMs,
        code: undefined,
        state: "waited for",
      };
      this.#absences.set(node.name, absence);
    }
    const leftMs = Math.max(0, Math.min(waitMs, Math.round(absence.untilMs - nowMs)));
    const info = errorInfo(error, { node: node.label });
    if (leftMs > 0 && info.code !== absence.code) {
      absence.code = info.code;
      this.#onChange({ type: "node:away", node: node.label, error: info, leftMs });
    }
    return leftMs;
  }

  /** Nobody waits for the node any more. */
  lost(node: SessionNode, error: unknown): void {
    const nowMs = this.#nowMs();
    const absence = this.#absences.get(node.name);
    if (absence?.state === "lost") {
      return;
    }
    const { sinceMs = nowMs } = absence ?? {};
    const info = errorInfo(error, { node: node.label });
    this.#absences.set(node.name, { sinceMs, untilMs: nowMs, code: info.code, state: "lost" });
    const awayMs = Math.round(nowMs - sinceMs);
    this.#onChange({ type: "node:lost", node: node.label, error: info, awayMs });
  }

  /** The node let somebody in. */
  seen(node: SessionNode): void {
    const absence = this.#absences.get(node.name);
    if (absence === undefined) {
      return;
    }
    this.#absences.delete(node.name);
    if (absence.code === undefined) {
      return;
    }
    const awayMs = Math.round(this.#nowMs() - absence.sinceMs);
    this.#onChange({ type: "node:back", node: node.label, awayMs });
  }
}
