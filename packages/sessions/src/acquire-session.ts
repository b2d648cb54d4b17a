import { isPgMigError, type PgMigError } from "@pg-mig/model";
import { pause } from "./pause.js";
import { retryPauseMs } from "./retry-pause.js";
import { isBug } from "./server-error.js";
import type { Session } from "./session.js";
import type { SessionNode } from "./session-client.js";
import type { SessionPool, SessionWork } from "./session-pool.js";
import { silentNode } from "./silence.js";
import { within } from "./within.js";

export interface AcquireSessionOptions {
  readonly sessions: SessionPool;
  /**
   * How long a node that accepts no connection is tried again, in milliseconds. All who wait for the
   * node share this time.
   */
  readonly reconnectForMs: number;
  readonly signal: AbortSignal;
  /**
   * Called if the server takes no more connections while the run has `busy` of them in use. Then nobody
   * waits for the session. @default it is waited for
   */
  readonly onCrowded?: (busy: number, error: PgMigError) => void;
}

/** After so long without an answer a node is reported as away, while the attempt goes on. */
const silentMs = 5000;

/** Time does not help against these. */
const final = new Set(["RUN_LOCKED", "CONNECTION_LIMIT_TOO_LOW"]);

/**
 * Takes a session, at once if there is one that is ready. Otherwise opens one, waiting a while for a node that is
 * away; not for another run.
 *
 * @throws PgMigError why there is none: `RUN_LOCKED`, `CONNECTION_LIMIT_TOO_LOW`, and what
 * connecting rejects with.
 */
export function acquireSession(
  node: SessionNode,
  work: SessionWork | undefined,
  options: AcquireSessionOptions,
): Session | Promise<Session> {
  const { sessions } = options;
  const allowed = sessions.mayWork(node);
  const idle = allowed === undefined ? takeIdle(sessions, node, work) : undefined;
  return idle ?? waitForSession(node, work, options, allowed);
}

function takeIdle(
  sessions: SessionPool,
  node: SessionNode,
  work: SessionWork | undefined,
): Session | undefined {
  const idle = sessions.takeIdle(node, work);
  if (idle !== undefined) {
    sessions.presence.seen(node);
  }
  return idle;
}

async function waitForSession(
  node: SessionNode,
  work: SessionWork | undefined,
  { sessions, reconnectForMs, signal, onCrowded }: AcquireSessionOptions,
  firstAllowed: Promise<void> | undefined,
): Promise<Session> {
  const { presence } = sessions;
  for (let attempt = 0; ; attempt++) {
    try {
      await (attempt === 0 ? firstAllowed : sessions.mayWork(node));
      const idle = takeIdle(sessions, node, work);
      if (idle !== undefined) {
        return idle;
      }
      const acquiring = sessions.acquire(node, work);
      if ((await within(silentMs, acquiring)) === "late") {
        presence.missed(node, silentNode(node, silentMs), reconnectForMs);
      }
      const session = await acquiring;
      presence.seen(node);
      return session;
    } catch (error) {
      if (signal.aborted || isBug(error)) {
        throw error;
      }
      if (isPgMigError(error)) {
        const busy = sessions.busyOn(node);
        if (onCrowded !== undefined && error.code === "TOO_MANY_CONNECTIONS" && busy > 0) {
          onCrowded(busy, error);
          throw error;
        }
        if (final.has(error.code)) {
          presence.lost(node, error);
          throw error;
        }
      }
      const leftMs = presence.missed(node, error, reconnectForMs);
      if (leftMs === 0) {
        presence.lost(node, error);
        throw error;
      }
      const pauseMs = retryPauseMs("connection-lost", Math.min(attempt, 4), 1);
      await pause(Math.min(pauseMs, leftMs), signal);
    }
  }
}
