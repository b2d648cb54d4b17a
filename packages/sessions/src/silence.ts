import { type ConnectNodeOptions, connectNode, type Node } from "@pg-mig/cluster";
import { isPgMigError, PgMigError } from "@pg-mig/model";
import { isBug, isConnectionLoss } from "./server-error.js";
import type { SessionClient } from "./session-client.js";
import { within } from "./within.js";

/** What gives no answer for so long, and needs no time for one, is lost, in milliseconds. */
export const answerWithinMs = 15_000;

/** Whether nothing was heard of the server; one that refuses is not silent. */
export function isSilence(error: unknown): boolean {
  return isConnectionLoss(error) || (isPgMigError(error) && silence.has(error.code));
}

const silence = new Set(["NODE_UNREACHABLE", "NODE_STARTING", "CONNECTION_FAILED"]);

/** The error of a node that was not heard of for so many milliseconds. */
export function silentNode({ label }: { readonly label: string }, ms: number): PgMigError {
  return new PgMigError(`${label} has not answered for ${ms / 1000} s.`, {
    code: "NODE_UNREACHABLE",
    hint: "Look at the server and at the network before it.",
    where: { node: label },
  });
}

/**
 * Waits for what a node was asked over a connection that nobody watches: for as long as it takes, but not for
 * a node that is silent. Every 15 seconds another connection is opened; where that gets no answer either, the
 * first is broken, as it is when the signal aborts. TCP does not see for a quarter of an hour what a network has swallowed, and never if something
 * in it goes on taking what is sent.
 *
 * @throws PgMigError `NODE_UNREACHABLE`; what `asked` rejects with. The signal's reason.
 */
export async function whileAnswering<T>(
  node: Node,
  client: Pick<SessionClient, "connection">,
  asked: Promise<T>,
  options: Pick<ConnectNodeOptions, "applicationName" | "signal">,
): Promise<T> {
  const { signal } = options;
  const hangUp = () => client.connection?.stream.destroy();
  signal?.addEventListener("abort", hangUp);
  try {
    const answer = asked.then((value) => ({ value }));
    for (;;) {
      const outcome = await within(answerWithinMs, answer);
      if (outcome !== "late") {
        return outcome.value;
      }
      if ((await Promise.race([answer, answers(node, options)])) === "silent") {
        hangUp();
        throw silentNode(node, answerWithinMs);
      }
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", hangUp);
  }
}

/** Asks over a connection of its own. */
async function answers(
  node: Node,
  options: Pick<ConnectNodeOptions, "applicationName" | "signal">,
): Promise<"silent" | "heard"> {
  try {
    const client = await connectNode(node, options);
    try {
      return (await within(answerWithinMs, client.query("SELECT"))) === "late" ? "silent" : "heard";
    } finally {
      client.connection.stream.destroy();
    }
  } catch (error) {
    if (isBug(error)) {
      throw error;
    }
    return isSilence(error) ? "silent" : "heard";
  }
}
