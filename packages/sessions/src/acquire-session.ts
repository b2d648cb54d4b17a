import { isPgMigError } from "@pg-mig/model";
import { pause } from "./pause.js";
import { retryPauseMs } from "./retry-pause.js";
import type { Session } from "./session.js";
import type { SessionNode } from "./session-client.js";
import type { SessionPool, SessionWork } from "./session-pool.js";

export interface AcquireSessionOptions {
  readonly sessions: SessionPool;
  /** For how long a node that cannot be reached is tried again, in milliseconds. */
  readonly reconnectForMs: number;
  readonly signal: AbortSignal;
  /** Told where the server takes no more connections, and how many of the run's it has. */
  readonly onCrowded?: (busy: number) => void;
}

/** Opens or takes a session, waiting for a node that is away for a while; not for another run. */
export async function acquireSession(
  node: SessionNode,
  work: SessionWork | undefined,
  { sessions, reconnectForMs, signal, onCrowded }: AcquireSessionOptions,
): Promise<Session> {
  const startedAtMs = Date.now();
  for (let attempt = 0; ; attempt++) {
    try {
      await sessions.mayWork(node);
      return await sessions.acquire(node, work);
    } catch (error) {
      const code = isPgMigError(error) ? error.code : undefined;
      if (code === "RUN_LOCKED") {
        throw error;
      }
      const busy = sessions.busyOn(node);
      if (code === "TOO_MANY_CONNECTIONS" && busy > 0) {
        onCrowded?.(busy);
      }
      if (signal.aborted || Date.now() - startedAtMs >= reconnectForMs) {
        throw error;
      }
      await pause(retryPauseMs("connection-lost", Math.min(attempt, 4), 1), signal);
    }
  }
}
