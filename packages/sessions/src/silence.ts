import { type ConnectNodeOptions, connectNode, type Node } from "@pg-mig/cluster";
import { isPgMigError, PgMigError, quoteLiteral } from "@pg-mig/model";
import { connectionLost, isBug, isConnectionLoss } from "./server-error.js";
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
 * a node that is silent, nor for an answer that was lost. Every 15 seconds another connection is opened; where that
 * gets no answer either, or has seen twice that the server is through, the first is broken, as it is when the signal
 * aborts. TCP does not see for a quarter of an hour what a network has swallowed, and never if something
 * in it goes on taking what is sent.
 *
 * @throws PgMigError `NODE_UNREACHABLE`, `CONNECTION_LOST`; what `asked` rejects with. The signal's reason.
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
    for (let before: Heard | undefined; ; ) {
      const outcome = await within(answerWithinMs, answer);
      if (outcome !== "late") {
        return outcome.value;
      }
      const heard = await Promise.race([answer, look(node, client, options)]);
      if (typeof heard === "object") {
        return heard.value;
      }
      if (heard === "nothing" || (heard === "idle" && before === "idle")) {
        hangUp();
        throw heard === "nothing"
          ? silentNode(node, answerWithinMs)
          : connectionLost(`An answer of ${node.label} was lost on its way.`);
      }
      before = heard;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", hangUp);
  }
}

/** What a node tells of the server's side of a connection: that it does nothing; anything else; or nothing at all. */
type Heard = "idle" | "something" | "nothing";

/** Asks over a connection of its own. What a pooler has told us is no process of the server. */
async function look(
  node: Node,
  asked: object,
  options: Pick<ConnectNodeOptions, "applicationName" | "signal">,
): Promise<Heard> {
  const pid = "processID" in asked ? Number(asked.processID) : 0;
  const sql =
    `SELECT state FROM pg_catalog.pg_stat_get_activity(${pid}) ` +
    `WHERE pg_catalog.starts_with(application_name, ${quoteLiteral(options.applicationName)})`;
  try {
    const client = await connectNode(node, options);
    try {
      const answer = await within(answerWithinMs, client.query<{ state: string | null }>(sql));
      return answer === "late"
        ? "nothing"
        : answer.rows[0]?.state === "idle"
          ? "idle"
          : "something";
    } finally {
      client.connection.stream.destroy();
    }
  } catch (error) {
    if (isBug(error)) {
      throw error;
    }
    return isSilence(error) ? "nothing" : "something";
  }
}
