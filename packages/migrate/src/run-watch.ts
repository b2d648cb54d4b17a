import { defaults } from "@pg-mig/model";
import type { RunEvent } from "@pg-mig/report";
import type { OpenCluster, OpenNode } from "@pg-mig/sessions";
import { refuseBeside2x, watchFor2x } from "./beside-2x.js";
import type { ApplyOptions } from "./run-options.js";
import type { ThrottleWatch } from "./throttle-watch.js";

export interface RunWatchOptions
  extends Pick<ApplyOptions, "waitMs" | "allowPooler" | "beside2x" | "throttle"> {
  readonly signal: AbortSignal;
  /** Ends the run, for a reason of its own. */
  readonly halt: AbortController;
  /** Pauses the run, for a reason of its own. */
  readonly pauseWish: AbortController;
  readonly onNote: (message: string) => void;
  readonly emit: (event: RunEvent) => void;
}

/** What keeps other runs away from the nodes of a run, and looks on while it works. */
export class RunWatch {
  readonly #cluster: OpenCluster;
  readonly #options: RunWatchOptions;
  readonly #halt = (reason: unknown) => this.#options.halt.abort(reason);
  #throttle: ThrottleWatch | undefined;
  #endWatchFor2x = () => {};

  constructor(cluster: OpenCluster, options: RunWatchOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  /** What pauses nodes; `undefined`: nothing shall, or they were not asked yet. */
  get throttle(): ThrottleWatch | undefined {
    return this.#throttle;
  }

  /** Locks the nodes. */
  async begin(nodes: readonly OpenNode[]): Promise<void> {
    const { waitMs = defaults.waitMs, allowPooler = false, beside2x = false } = this.#options;
    const { signal, pauseWish, onNote } = this.#options;
    const cluster = this.#cluster;
    await cluster.lock({
      waitMs,
      allowPooler,
      onPauseWish: ({ role, address }) => {
        const from = address === undefined ? "" : ` from ${address}`;
        pauseWish.abort(`${role} has asked the run${from} to pause.`);
      },
    });
    if (!beside2x) {
      const known = await refuseBeside2x({ cluster, nodes, signal, onNote });
      this.#endWatchFor2x = watchFor2x({ cluster, nodes, known, onFound: this.#halt });
    }
  }

  /** Asks the nodes what the throttle looks at, if there is one. */
  async askThrottle(nodes: readonly OpenNode[]): Promise<void> {
    const { throttle, pauseWish, emit } = this.#options;
    if (throttle === undefined) {
      return;
    }
    const { ThrottleWatch } = await import("./throttle-watch.js");
    const { sessions } = this.#cluster;
    this.#throttle = new ThrottleWatch({
      ...{ throttle, sessions, emit, onBug: this.#halt },
      onOver: (reason) => pauseWish.abort(reason),
    });
    await this.#throttle.check(nodes);
  }

  async end(): Promise<void> {
    await this.#throttle?.close();
    this.#endWatchFor2x();
  }
}
