import type { Client } from "pg";
import { afterAwake } from "./awake-timer.js";
import { backendKeyOf } from "./cancel-backend.js";
import type { NodeIdentity } from "./node-identity.js";

/**
 * What a connection pooler (PgBouncer and its like) does with a client:
 * - `session`: a server connection of its own until it leaves, so that all is as without a pooler;
 * - `transaction`: one for each transaction or statement, so that settings and locks of a session do
 *   not hold, and reach other clients;
 * - `statement`: one for each statement, and transactions are refused;
 * - `unknown`: no second connection was to be had to find it out.
 */
export type PoolerMode = "session" | "transaction" | "statement" | "unknown";

/** Server processes that two clients had: one, then the other in a transaction, then the first again. */
export interface SeenBackends {
  readonly first: number;
  readonly second: number;
  /** `undefined`: not asked, since the second has that process and the first would wait for it. */
  readonly firstAgain: number | undefined;
}

/** How often the two clients are looked at; by chance, a pool may give each of them its own. */
const rounds = 3;

/** A pool that has no connection to give lets its clients wait. */
const answerWithinMs = 5000;

/**
 * Whether a pooler stands between a client and its server: the process number that the client was
 * told when it connected is not that of the process which answers.
 */
export function isPooled(client: Client, { backendPid }: NodeIdentity): boolean {
  const key = backendKeyOf(client);
  return key !== undefined && key.processId !== backendPid;
}

/** Judges what was seen of two clients. Pure. */
export function judgePooler(seen: readonly SeenBackends[]): PoolerMode {
  const own = seen[0]?.first;
  const shared = seen.some(
    ({ first, second, firstAgain }) => first !== own || second === own || firstAgain !== own,
  );
  return shared ? "transaction" : "session";
}

/**
 * Finds out what a pooler does, by a second connection beside `client`. Changes nothing; leaves
 * `client` as it was. Takes 5 seconds at most, besides connecting.
 */
export async function findPoolerMode(
  client: Client,
  connect: () => Promise<Client>,
): Promise<PoolerMode> {
  const other = await connect();
  const cancelTimeout = afterAwake(answerWithinMs, () => other.connection.stream.destroy());
  const seen: SeenBackends[] = [];
  try {
    while (seen.length < rounds && judgePooler(seen) === "session") {
      // A pool that deals out in turn gives one client two at once; one that gives out what was used last
      // gives the other client the first one's.
      const before = await backendOf(client);
      const first = await backendOf(client);
      if (first !== before) {
        return "transaction";
      }
      await other.query("BEGIN");
      const second = await backendOf(other);
      const firstAgain = second === first ? undefined : await backendOf(client);
      await other.query("ROLLBACK");
      seen.push({ first, second, firstAgain });
    }
    return judgePooler(seen);
  } catch (error) {
    if (!(error instanceof Error && "severity" in error)) {
      return "unknown";
    }
    // PgBouncer: "transaction blocks not allowed in statement pooling mode". It has one SQLSTATE for all.
    return error.message.includes("statement pooling mode") ? "statement" : "transaction";
  } finally {
    cancelTimeout();
    await other.end().catch(() => {});
  }
}

async function backendOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>("SELECT pg_catalog.pg_backend_pid() AS pid");
  return rows[0]?.pid ?? 0;
}
