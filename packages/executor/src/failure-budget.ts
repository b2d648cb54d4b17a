import type { StopAt } from "@pg-mig/model";
import { countOf, formatCount } from "@pg-mig/report";

/** A limit of failures that was reached. */
export interface SpentLimit {
  readonly limit: keyof StopAt;
  /** How many shards had failed by then: on the node, if the limit is one of nodes. */
  readonly failed: number;
  /** The node's label, if the limit is one of nodes. */
  readonly node?: string;
  /** In one sentence. */
  readonly message: string;
}

/** Counts failures until a limit is reached. Each shard fails once at the most. */
export class FailureBudget {
  readonly #stopAt: StopAt;
  readonly #shards: number;
  readonly #byNode = new Map<string, number>();
  #failed = 0;
  #isSpent = false;

  /** `shards`: how many have something to run. */
  constructor(stopAt: StopAt, shards: number) {
    this.#stopAt = stopAt;
    this.#shards = shards;
  }

  /** Whether nothing may start any more. */
  get isSpent(): boolean {
    return this.#isSpent;
  }

  /** Counts a failed shard, by the label of its node. Gives the limit that was reached, once. */
  fail(node: string): SpentLimit | undefined {
    const onNode = (this.#byNode.get(node) ?? 0) + 1;
    this.#byNode.set(node, onNode);
    this.#failed++;
    if (this.#isSpent) {
      return undefined;
    }
    const spent = this.#reached(node, onNode);
    this.#isSpent = spent !== undefined;
    return spent;
  }

  #reached(node: string, onNode: number): SpentLimit | undefined {
    const { failed, failedPercent, failedPerNode } = this.#stopAt;
    const so = "so nothing new starts (the setting `stopAt`).";
    if (failed !== undefined && this.#failed >= failed) {
      const message = `${countOf(this.#failed, "shard")} failed, ${so}`;
      return { limit: "failed", failed: this.#failed, message };
    }
    // In whole numbers as far as the limit is one.
    if (failedPercent !== undefined && this.#failed * 100 >= failedPercent * this.#shards) {
      const count = `${formatCount(this.#failed)} of ${countOf(this.#shards, "shard")}`;
      const message = `${count} failed, ${failedPercent}% or more, ${so}`;
      return { limit: "failedPercent", failed: this.#failed, message };
    }
    if (failedPerNode !== undefined && onNode >= failedPerNode) {
      const message = `${countOf(onNode, "shard")} failed on ${node}, ${so}`;
      return { limit: "failedPerNode", failed: onNode, node, message };
    }
    return undefined;
  }
}
