import { type Script, ScriptError } from "@pg-mig/psql-script";
import type { Leftovers, Session } from "@pg-mig/sessions";
import {
  isBug,
  isConnectionLoss,
  isInterruption,
  leftoversOf,
  serverWords,
} from "@pg-mig/sessions";
import { gaveUpError } from "./blocked.js";
import { entryRefusedError } from "./ledger-trouble.js";
import type { StepLook } from "./step-look.js";
import type { StepRecorder } from "./step-recorder.js";
import {
  isTakenForSession,
  noScript,
  runStepScript,
  type StepScript,
  type StepScriptOptions,
} from "./step-script.js";

/** What is attempted: one version on one shard. */
export interface StepAttempt<L> {
  readonly shard: string;
  readonly version: string;
  readonly ledger: L;
  readonly step: StepScript;
  /** How long a statement waits for a lock. Not for `concurrent` and `ends-transaction` scripts. */
  readonly lockTimeoutMs: number;
  readonly recorder: StepRecorder<L>;
  readonly scriptOptions: StepScriptOptions;
  /** What is asked last, before the COMMIT. @default nothing */
  readonly look?: Pick<StepLook<L>, "column" | "sql"> | undefined;
}

/**
 * How an attempt ended. Whatever it was: the version and its ledger entry are both there
 * (`committed`), or neither is; only `in-doubt` cannot tell which, because the connection broke
 * while the server was asked to commit.
 */
export type AttemptResult<L> = CommittedAttempt<L> | VainAttempt;

export interface CommittedAttempt<L> {
  readonly type: "committed";
  readonly ledger: L;
  /** What the look found; `undefined`: nothing, or nothing was asked. */
  readonly seen: readonly (readonly (string | null)[])[] | undefined;
}

/** An attempt that did not end with the answer that the version is committed. */
export type VainAttempt =
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
  const { step, recorder, version, look } = attempt;
  const takenForSession = isTakenForSession(step, session);
  // A lock of the session, and what surrounds a file outside of a transaction, is left.
  const left = leftoversOf(step.script);
  const leftovers = left === "none" && takenForSession ? "droppable" : left;
  const withoutTriggers = session.opened?.hasEventTriggers === false && !takenForSession;
  const prepared = withoutTriggers ? preparedGuard(session, attempt, leftovers) : undefined;
  const sessionState = prepared !== undefined && leftovers === "none" ? "unchanged" : "changed";
  const record = recorder.record(attempt.ledger, version);
  let committing = false;
  let seen: CommittedAttempt<L>["seen"];
  try {
    await runStepScript(session, step, {
      schema: attempt.shard,
      lockTimeoutMs: attempt.lockTimeoutMs,
      sessionState,
      guardSql: (scope) => prepared ?? guardAsText(attempt, scope, withoutTriggers),
      recordSql: withoutTriggers
        ? record.sql
        : [...record.sql, ...attempt.recorder.checkSql(record.ledger)],
      look: look && {
        sql: look.sql(attempt.ledger),
        column: look.column,
        take: (rows) => {
          seen = rows.length > 0 ? rows : undefined;
        },
      },
      scriptOptions: attempt.scriptOptions,
    });
    session.hasGuard ||= prepared !== undefined;
    committing = true;
    await session.commit(leftovers, attempt.scriptOptions);
    return { type: "committed", ledger: record.ledger, seen };
  } catch (thrown) {
    const error = withFile(thrown, step.script);
    if (!isPrologue(error) || !recorder.eventTriggers?.isRefused(error)) {
      const failure = failureOf(error, session, attempt);
      return committing && failure.type === "lost" ? { type: "in-doubt", error } : failure;
    }
  } finally {
    if (!committing) {
      // Whether the guard was prepared, nobody knows.
      session.reset(sessionState === "unchanged" ? "droppable" : leftovers);
    }
  }
  // Event triggers were made since the session was opened: from now on it reckons with them.
  session.noteEventTriggers();
  await session.ready();
  return attemptStep(session, attempt);
}

/**
 * The guard by statements that are prepared in the session, with what prepares them if they are to stay;
 * `undefined` if it must be sent as text: what may run code is followed by a reset, which drops them. Not for a
 * lock of the session, nor if there are event triggers, whose code could put other statements in their place.
 */
function preparedGuard<L>(
  session: Session,
  { ledger, recorder: { prepared } }: StepAttempt<L>,
  leftovers: Leftovers,
): readonly string[] | undefined {
  const { hasGuard } = session;
  if (prepared === undefined || !(hasGuard || leftovers === "none")) {
    return undefined;
  }
  return [...(hasGuard ? [] : prepared.sql), ...prepared.takeSql(ledger)];
}

function guardAsText<L>(
  { recorder, ledger }: StepAttempt<L>,
  scope: "transaction" | "session",
  withoutTriggers: boolean,
): readonly string[] {
  const { eventTriggers } = recorder;
  const refuse = withoutTriggers && eventTriggers !== undefined;
  return [...recorder.takeSql(ledger, scope), ...(refuse ? [eventTriggers.refuseSql] : [])];
}

/**
 * Finds out whether a version is there after its commit got no answer, and changes nothing. `absent`:
 * the ledger is still the one of the attempt, and no transaction is under way that could change it.
 */
export async function checkStep<L>(
  session: Session,
  attempt: StepAttempt<L>,
): Promise<VainAttempt | { readonly type: "absent" }> {
  const { shard, ledger, recorder, lockTimeoutMs, step } = attempt;
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
    return failureOf(withFile(error, step.script), session, attempt);
  } finally {
    session.reset("droppable");
  }
}

/** Says of what file a statement of the tool's own was a part. */
function withFile(error: unknown, source: Script): unknown {
  const isOurs = error instanceof ScriptError && error.where?.file === undefined;
  return isOurs ? error.ledTo({ source }) : error;
}

function isPrologue(error: unknown): error is ScriptError {
  return error instanceof ScriptError && error.part === "prologue";
}

function failureOf<L>(
  error: unknown,
  session: Session,
  { recorder, shard, version }: StepAttempt<L>,
): VainAttempt {
  if (isBug(error)) {
    throw error;
  }
  // 26000: what was prepared is gone, since code ran where none was seen. Another session has it.
  if (serverWords(error)?.sqlState === "26000" && isPrologue(error)) {
    session.destroy();
  }
  if (session.lost || isConnectionLoss(error)) {
    return { type: "lost", error };
  }
  if (session.gaveUp !== "no" && isInterruption(error)) {
    return { type: "failed", error: gaveUpError(session.gaveUp, error) };
  }
  // A file may raise an error with any text: only the tool's own statements refuse.
  if (!(error instanceof ScriptError) || error.part === "script") {
    return { type: "failed", error };
  }
  if (recorder.isNotStored(error)) {
    return { type: "failed", error: entryRefusedError({ shard, version }, error) };
  }
  const reason = recorder.takeFailure(error);
  return reason === undefined ? { type: "failed", error } : { type: "refused", reason };
}
