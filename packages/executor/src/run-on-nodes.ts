import { isPgMigError, PgMigError } from "@pg-mig/model";
import type { Blocker } from "@pg-mig/report";
import type { SessionNode } from "@pg-mig/sessions";
import {
  acquireSession,
  errorInfo,
  isBug,
  isConnectionLoss,
  isInterruption,
  leftoversOf,
  lockTimeoutMs,
  maxConnectionLosses,
  nodesAtATime,
  pause,
  retryPauseMs,
  retryReason,
  serverWords,
} from "@pg-mig/sessions";
import PQueue from "p-queue";
import { withBlockers } from "./blocked.js";
import { type ScriptEnvironment, scriptOptions } from "./script-environment.js";
import { noScript, runStepScript, type StepScript } from "./step-script.js";

export interface RunOnNodesOptions extends ScriptEnvironment {
  readonly lockTimeoutMs: number;
  readonly retryForMs: number;
  /** For how long a node that cannot be reached is tried again, in milliseconds. */
  readonly reconnectForMs: number;
}

/**
 * Runs a file (before.sql, after.sql) once per node, in parallel, each in a transaction of its own
 * with `public` as the current schema. Resolves to whether it succeeded everywhere; what became of
 * each node is told by events. When the signal aborts, what runs is cancelled on the servers and
 * rolled back, which is no failure and has no event.
 */
export async function runHook(
  nodes: readonly SessionNode[],
  hook: StepScript & { readonly file: string },
  options: RunOnNodesOptions,
): Promise<boolean> {
  const { emit, signal } = options;
  const { file } = hook;
  const runOn = async (node: SessionNode): Promise<boolean> => {
    if (signal.aborted) {
      return false;
    }
    const startedAtMs = Date.now();
    const durationMs = () => Date.now() - startedAtMs;
    let blockedBy: readonly Blocker[] = [];
    const onBlocked = (blockers: readonly Blocker[]) => {
      blockedBy = blockers;
    };
    emit({ type: "hook:start", node: node.label, file });
    try {
      await inTransaction(node, options, { step: hook, sql: () => [], onBlocked });
      emit({ type: "hook:done", node: node.label, file, durationMs: durationMs() });
      return true;
    } catch (error) {
      if (isBug(error)) {
        throw error;
      }
      if (signal.aborted && (isInterruption(error) || retryReason(error) !== undefined)) {
        return false;
      }
      const info = errorInfo(error, { node: node.label, file });
      const told = retryReason(error) === "lock-timeout" ? withBlockers(info, blockedBy) : info;
      emit({ type: "hook:failed", node: node.label, file, durationMs: durationMs(), error: told });
      return false;
    }
  };
  return (await onEachNode(nodes, options, runOn)).every(Boolean);
}

/**
 * Runs SQL statements in one transaction on each node, in parallel. `sql` is asked at each attempt, when
 * the session is there. Rejects with the first error after all nodes have finished: `NODE_NOT_WRITABLE`
 * if a server refuses them.
 */
export async function runSqlOnNodes(
  nodes: readonly SessionNode[],
  sql: (node: SessionNode) => readonly string[],
  options: RunOnNodesOptions,
): Promise<void> {
  const errors = await onEachNode(nodes, options, (node) =>
    inTransaction(node, options, { step: noStep, sql: () => sql(node) }).then(
      () => undefined,
      (error: unknown) => ({ error: notWritable(node, error) ?? error }),
    ),
  );
  const failures = errors.flatMap((failure) => failure?.error ?? []);
  const refusals = failures.filter(isRefusal);
  if (refusals.length > 1 && refusals.length === failures.length) {
    throw new PgMigError("A run cannot store its state.", {
      code: notWritableCode,
      problems: refusals.map(({ message, hint, where }) => ({ message, hint, where })),
    });
  }
  if (failures.length > 0) {
    throw failures[0];
  }
}

const notWritableCode = "NODE_NOT_WRITABLE";

function isRefusal(error: unknown): error is PgMigError {
  return isPgMigError(error) && error.code === notWritableCode;
}

function notWritable(node: SessionNode, cause: unknown): PgMigError | undefined {
  const words = serverWords(cause);
  if (words === undefined || isConnectionLoss(cause) || isInterruption(cause)) {
    return undefined;
  }
  const refusedBy =
    words.context === undefined
      ? "Let the user create functions there and own those that are there, and the database not be read-only."
      : `What refuses that is code of the database: ${words.context}. Event triggers are in pg_event_trigger.`;
  return new PgMigError(`Nothing can be stored on ${node.label}: ${words.message}.`, {
    code: notWritableCode,
    hint: `A run keeps its digest and fingerprint as functions in the schema public. ${refusedBy}`,
    where: { node: node.label },
    cause,
  });
}

/** Nothing but what is recorded. */
const noStep: StepScript = {
  script: noScript,
  limits: {},
  transaction: "wrapped",
  mayRunBeside: "transactions",
  dropFirst: undefined,
  concurrentIndexes: [],
};

/** When the signal aborts, what runs is cancelled on the servers. */
async function onEachNode<T>(
  nodes: readonly SessionNode[],
  { sessions, signal }: RunOnNodesOptions,
  run: (node: SessionNode) => Promise<T>,
): Promise<T[]> {
  const queue = new PQueue({ concurrency: nodesAtATime });
  const onAbort = () => {
    void sessions.cancelAll();
  };
  signal.addEventListener("abort", onAbort);
  try {
    return await queue.addAll(nodes.map((node) => () => run(node)));
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** What runs in one transaction on a node. */
interface NodeTransaction {
  readonly step: StepScript;
  /** Gives the statements after it. */
  readonly sql: () => readonly string[];
  /** Told who was in its way, after each attempt that met somebody. */
  readonly onBlocked?: (blockers: readonly Blocker[]) => void;
}

/**
 * Begins, runs and commits; and again, for as long as the server ends it for want of a lock, or a
 * few times where the connection breaks.
 */
async function inTransaction(
  node: SessionNode,
  options: RunOnNodesOptions,
  { step, sql, onBlocked }: NodeTransaction,
): Promise<void> {
  const startedAtMs = Date.now();
  for (let attempt = 0; ; attempt++) {
    const { file } = step.script;
    const session = await acquireSession(node, file === "" ? undefined : { file }, options);
    const environment = scriptOptions(options, session, { node: node.label }, file);
    const leftovers = leftoversOf(step.script);
    let committing = false;
    try {
      await runStepScript(session, step, {
        schema: "public",
        lockTimeoutMs: lockTimeoutMs(attempt, options.lockTimeoutMs),
        guardSql: () => [],
        recordSql: sql(),
        scriptOptions: environment,
      });
      committing = true;
      await session.commit(leftovers, environment);
      return;
    } catch (error) {
      if (session.blockedBy.length > 0) {
        onBlocked?.(session.blockedBy);
      }
      // What is only stored is the same when it is stored twice; a file might do its work twice.
      const repeatable = !committing || step === noStep;
      const lost = isConnectionLoss(error) && repeatable && attempt < maxConnectionLosses;
      const reason = lost ? "connection-lost" : retryReason(error);
      const spent = Date.now() - startedAtMs >= options.retryForMs;
      if (reason === undefined || spent || options.signal.aborted) {
        throw error;
      }
      await pause(retryPauseMs(reason, attempt, Math.random()), options.signal);
    } finally {
      if (!committing) {
        session.reset(leftovers);
      }
      options.sessions.release(session);
    }
  }
}
