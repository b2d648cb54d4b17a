import { setTimeout as sleep } from "node:timers/promises";
import { isPgMigError } from "@pg-mig/model";
import { type ConnectNodeOptions, connectNode } from "./connect-node.js";
import type { Node } from "./node.js";

export interface WaitForNodeOptions extends ConnectNodeOptions {
  /** Ends the waiting, which has no other end; rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Called with the reason when the waiting begins, and whenever the reason changes. */
  readonly onWaiting?: (message: string) => void;
  /** @default 500 */
  readonly pauseMs?: number;
}

/** A server that boots gives these one after the other: no socket yet, then a refusal. */
const passing = ["NODE_UNREACHABLE", "NODE_STARTING"];

/**
 * Waits until a server accepts connections; whether the node's database exists does not matter.
 *
 * @throws PgMigError what {@link connectNode} throws, for everything that does not pass by waiting,
 * such as a wrong password.
 */
export async function waitForNode(node: Node, options: WaitForNodeOptions): Promise<void> {
  const { signal, onWaiting, pauseMs = 500 } = options;
  let told: string | undefined;
  for (;;) {
    try {
      const client = await connectNode(node, options);
      await client.end();
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (!isPgMigError(error)) {
        throw error;
      }
      if (error.code === "DATABASE_MISSING") {
        return;
      }
      if (!passing.includes(error.code)) {
        throw error;
      }
      if (error.message !== told) {
        onWaiting?.(error.message);
      }
      told = error.message;
    }
    // connectNode rejects with the signal's own reason when the pause was cut short.
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
  }
}
