import { type RunScriptOptions, type Script, ScriptError } from "@pg-mig/psql-script";
import type { Session } from "@pg-mig/sessions";
import { isConnectionLoss, isInterruption, sessionTraces } from "@pg-mig/sessions";
import { gaveUpError } from "./blocked.js";
import type { StepRecorder } from "./step-recorder.js";
import { noScript, runStepScript, type StepScript } from "./step-script.js";

/** What is attempted: one version on one shard. */
export interface StepAttempt<L> {
  readonly shard: string;
  readonly version: string;
  readonly ledger: L;
  readonly step: StepScript;
  /** How long a statement waits for a lock. Not for `concurrent` and `framed` scripts. */
  readonly lockTimeoutMs: number;
  readonly recorder: StepRecorder<L>;
  readonly scriptOptions: RunScriptOptions;
}

/**
 * How an attempt ended. Whatever it was: the version and its ledger entry are both there
 * (`committed`), or neither is; only `in-doubt` cannot tell which, because the connection broke
 * while the server was asked to commit.
 */
export type AttemptResult<L> =
  | { readonly type: "committed"; readonly ledger: L }
  | { readonly type: "refused"; readonly reason: "shard-taken" | "ledger-changed" }
  | { readonly type: "failed"; readonly error: unknown }
  | { readonly type: "lost"; readonly error: unknown }
  | { readonly type: "in-doubt"; readonly error: unknown };

/**
 * Runs one version on one shard, once, together with its ledger entry. The session is left reset.
 * Never rejects for anything that a server or a file can cause.
 */
export async function attemptStep<L>(
  session: Session,
  attempt: StepAttempt<L>,
): Promise<AttemptResult<L>> {
  session.uses++;
  const { step, recorder, version } = attempt;
  const record = recorder.record(attempt.ledger, version);
  let committing = false;
  try {
    await runStepScript(session, step, {
      schema: attempt.shard,
      lockTimeoutMs: attempt.lockTimeoutMs,
      guardSql: (scope) => recorder.takeSql(attempt.ledger, scope),
      recordSql: record.sql,
      scriptOptions: attempt.scriptOptions,
    });
    committing = true;
    await session.commit(attempt.scriptOptions);
    return { type: "committed", ledger: record.ledger };
  } catch (thrown) {
    const error = withFile(thrown, step.script);
    const failure = failureOf(error, session, recorder);
    return committing && failure.type === "lost" ? { type: "in-doubt", error } : failure;
  } finally {
    const traces = sessionTraces(step.script);
    // What surrounds a file outside of a transaction leaves settings and a lock.
    session.reset(traces === "none" && step.transaction !== "wrapped" ? "droppable" : traces);
  }
}

/**
 * Finds out whether a version is there after its commit got no answer, and changes nothing. `absent`:
 * the ledger is still the one of the attempt, and no transaction is under way that could change it.
 */
export async function checkStep<L>(
  session: Session,
  { shard, ledger, recorder, lockTimeoutMs, step }: StepAttempt<L>,
): Promise<AttemptResult<L> | { readonly type: "absent" }> {
  try {
    const empty = { ...step, script: noScript, transaction: "wrapped" } as const;
    await runStepScript(session, empty, {
      schema: shard,
      lockTimeoutMs,
      guardSql: (scope) => recorder.takeSql(ledger, scope),
      recordSql: [],
      scriptOptions: {},
    });
    return { type: "absent" };
  } catch (error) {
    return failureOf(withFile(error, step.script), session, recorder);
  } finally {
    session.reset("droppable");
  }
}

/** Says of what file a statement of the tool's own was a part. */
function withFile(error: unknown, source: Script): unknown {
  const isOurs = error instanceof ScriptError && error.where?.file === undefined;
  return isOurs ? error.ledTo({ source }) : error;
}

function failureOf<L>(
  error: unknown,
  session: Session,
  recorder: StepRecorder<L>,
): AttemptResult<L> {
  if (session.lost || isConnectionLoss(error)) {
    return { type: "lost", error };
  }
  if (session.gaveUp !== "no" && isInterruption(error)) {
    return { type: "failed", error: gaveUpError(session.gaveUp, error) };
  }
  const reason = error instanceof ScriptError ? recorder.takeFailure(error) : undefined;
  return reason === undefined ? { type: "failed", error } : { type: "refused", reason };
}
