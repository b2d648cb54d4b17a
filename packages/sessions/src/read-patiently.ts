import { setTimeout as sleep } from "node:timers/promises";
import { streamRows } from "@pg-mig/cluster";
import {
  type EntryPool,
  isNodeLedgerRow,
  type NodeLedger,
  NodeLedgerReader,
  nodeLedgerSql,
} from "@pg-mig/ledger";
import { ownPathSql } from "@pg-mig/model";
import { acquireSession } from "./acquire-session.js";
import type { OpenNode } from "./open-node.js";
import { maxConnectionLosses } from "./patience.js";
import { isConnectionLoss } from "./server-error.js";
import type { Session } from "./session.js";
import type { SessionNode } from "./session-client.js";
import type { SessionPool } from "./session-pool.js";

export interface AskPatientlyOptions {
  readonly sessions: SessionPool;
  /** For how long a node that cannot be reached is tried again, in milliseconds. */
  readonly reconnectForMs: number;
  readonly signal: AbortSignal;
}

export interface ReadPatientlyOptions extends AskPatientlyOptions {
  /** What keeps one of all that ledgers have in common. */
  readonly pool: EntryPool;
  /** What was read of the node before: of what has not changed since, it stays the one copy. */
  readonly before?: NodeLedger | undefined;
}

/** What broke one connection often breaks others: by then that is known, and they are not used. */
const lossPauseMs = 100;

/**
 * Reads something from a node in the course of a run, which a failover between two of its versions is
 * no reason to break off.
 */
export async function askPatiently<T>(
  node: SessionNode,
  options: AskPatientlyOptions,
  ask: (session: Session) => Promise<T>,
): Promise<T> {
  for (let losses = 0; ; losses++) {
    const session = await acquireSession(node, undefined, options);
    try {
      return await ask(session);
    } catch (error) {
      // The error comes before the server is ready again, and says whether a transaction is open: who
      // has the session next would go by what was so before.
      await session.client.query("SELECT").catch(() => {});
      if (!isConnectionLoss(error) || losses === maxConnectionLosses) {
        throw error;
      }
      await sleep(lossPauseMs);
    } finally {
      options.sessions.release(session);
    }
  }
}

/** Reads the ledgers of a node in the same way. */
export function readPatiently(
  node: SessionNode,
  options: ReadPatientlyOptions,
): Promise<Pick<OpenNode, "ledger" | "serverStartedAt">> {
  return askPatiently(node, options, async ({ client, opened }) => {
    const reader = new NodeLedgerReader(options.pool, options.before);
    await streamRows(client, `${ownPathSql};\n${nodeLedgerSql}`, (row) => {
      if (isNodeLedgerRow(row)) {
        reader.add(row);
      }
    });
    return { ledger: reader.end(), serverStartedAt: opened?.serverStartedAt };
  });
}
