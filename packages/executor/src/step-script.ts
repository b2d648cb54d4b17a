import { quoteIdentifier } from "@pg-mig/model";
import {
  parseScript,
  type RunScriptOptions,
  runScript,
  type Script,
  ScriptError,
} from "@pg-mig/psql-script";
import type { Session } from "@pg-mig/sessions";
import { enterSharedSql, keepSessionSql, leaveNothingSql, leftoversOf } from "@pg-mig/sessions";
import type { MayRunBeside, OwnTransactions, TransactionUse } from "@pg-mig/sql-rules";
import type { VersionLimits } from "./limit-places.js";
import { dropReplacedIndex, ensureIndexesAreValid, inSchema } from "./replaced-index.js";
import { choosesTransaction } from "./transaction-choice.js";

/** A file, and how it wants to be run. */
export interface StepScript {
  readonly script: Script;
  readonly limits: StepLimits;
  /**
   * - `wrapped`: in one transaction with the ledger entry.
   * - `concurrent`: its statement cannot run in a transaction; it runs outside of one, then the
   *   entry is written.
   * - `ends-transaction`: the file ends the transaction with `COMMIT;` and opens another with `BEGIN;`, in
   *   which the entry is written.
   * - `own-transactions`: the file begins and commits as it likes; the entry is written in its last
   *   transaction, or in one of its own if none is open at the end.
   */
  readonly transaction: TransactionUse["transaction"];
  /** What of this run may run beside it in one database. */
  readonly mayRunBeside: MayRunBeside;
  /**
   * The index, as SQL text, that a `concurrent` script builds: what has its name is dropped before,
   * unless something else needs it.
   */
  readonly dropFirst: string | undefined;
  /** The indexes, as SQL text, that the file builds concurrently: only valid ones count as built. */
  readonly concurrentIndexes: readonly string[];
  /** What is known of an `own-transactions` file. */
  readonly own?: OwnTransactions | undefined;
}

/** What a file says of itself in its pseudo comments. */
export interface StepLimits extends Omit<VersionLimits, "mayRunBeside"> {
  /** How long a statement waits for a lock, in milliseconds; 0: for ever. */
  readonly lockTimeoutMs?: number | undefined;
  /** How long a statement may take, in milliseconds; 0: for ever. */
  readonly statementTimeoutMs?: number | undefined;
}

/** What goes around a file. */
export interface StepFrame {
  /** The current schema. */
  readonly schema: string;
  readonly lockTimeoutMs: number;
  /** `unchanged`: no code that could change a setting has run in the session since it was opened or reset. @default "changed" */
  readonly sessionState?: "changed" | "unchanged";
  /** Statements that run before the file, and in the transaction of the record; they fail if the file must not run. */
  readonly guardSql: (scope: "transaction" | "session") => readonly string[];
  /** Statements that run last, in the transaction that is committed. */
  readonly recordSql: readonly string[];
  /** A statement after all others, which only reads, and who takes its rows. @default none */
  readonly look?:
    | (NonNullable<RunScriptOptions["epilogueRows"]> & { readonly sql: string })
    | undefined;
  readonly scriptOptions: StepScriptOptions;
}

/** What whoever runs a file has a say in. */
export type StepScriptOptions = Pick<
  RunScriptOptions,
  "env" | "allowShell" | "signal" | "onNotice" | "onOutput" | "batching" | "afterMessage"
>;

/** A script with nothing in it: what runs then is the prologue. */
export const noScript = parseScript("", { file: "" });

/**
 * Runs a file up to, and without, the COMMIT of the transaction that holds `recordSql`.
 *
 * @throws ScriptError
 */
export function runStepScript(
  session: Session,
  step: StepScript,
  frame: StepFrame,
): Promise<unknown> {
  if (step.transaction !== "wrapped") {
    return runOutside(session, step, frame);
  }
  const leave = session.backend === "shared" ? leaveSharedSql(step, frame) : [];
  const { prologue, epilogue } = aroundWrapped(step, frame, session);
  const { look, scriptOptions } = frame;
  // One by one: to copy an object costs more than all the rest, for each step.
  return runScript(step.script, session.client, {
    env: scriptOptions.env,
    allowShell: scriptOptions.allowShell,
    signal: scriptOptions.signal,
    onNotice: scriptOptions.onNotice,
    onOutput: scriptOptions.onOutput,
    batching: scriptOptions.batching,
    afterMessage: scriptOptions.afterMessage,
    prologue,
    epilogue: [...epilogue, ...leave, ...lookSql(look)],
    epilogueRows: look,
    expectOpenTransaction: true,
  });
}

/** Whether a step can be guarded by a lock of the session only, which a pooler may keep from it. */
export function needsSessionLock({ transaction, script }: StepScript): boolean {
  return transaction !== "wrapped" || choosesTransaction(script);
}

/** Whether a version that is not there may be run again, though the COMMIT of an attempt got no answer. */
export function isRepeatable({ transaction }: StepScript): boolean {
  return transaction !== "own-transactions";
}

/** Whether the shard is taken for the session, so that the lock is left when the step has ended. */
export function isTakenForSession(step: StepScript, session: Session): boolean {
  return needsSessionLock(step) || session.opened?.isolation !== undefined;
}

/**
 * Begins the transaction of a guard: a database may have another level for its default, under which
 * the check would not see what was committed just before the lock was had.
 */
const beginReadCommitted = "BEGIN ISOLATION LEVEL READ COMMITTED";

/**
 * What goes before and after a `wrapped` file, in its messages. The guard comes before the path of the
 * shard is set, so that it finds nothing there.
 */
export function aroundWrapped(
  step: StepScript,
  frame: StepFrame,
  session: Session,
): { readonly prologue: readonly string[]; readonly epilogue: readonly string[] } {
  const { guardSql, recordSql } = frame;
  const settings = transactionSettings(step, frame);
  const path = pathSql(frame);
  if (!isTakenForSession(step, session)) {
    const enter = session.backend === "shared" ? enterSharedSql : [];
    const prologue = [beginReadCommitted, ...enter, ...settings, ...guardSql("transaction"), path];
    return { prologue, epilogue: recordSql };
  }
  // The file, or the database, has a say in what the transaction is like. So no query may come before
  // the file: the lock is had in a transaction of its own and outlives it, and the ledger is checked
  // once more after the file.
  const prologue = [...guardForSession(frame), "BEGIN", ...settings, path];
  return { prologue, epilogue: [...guardSql("transaction"), ...recordSql] };
}

/** Takes the shard for the session. */
function guardForSession({ guardSql }: StepFrame): string[] {
  const guard = guardSql("session");
  return guard.length === 0 ? [] : [beginReadCommitted, ...guard, "COMMIT"];
}

function pathSql({ schema }: StepFrame): string {
  return `SET LOCAL search_path TO ${quoteIdentifier(schema)}`;
}

/** What follows the record where the server's process is somebody else's after the COMMIT. */
function leaveSharedSql(step: StepScript, frame: StepFrame): string[] {
  if (leftoversOf(step.script) === "none") {
    return [];
  }
  // What was put off to the COMMIT, as deferred triggers are, runs with the settings of the file.
  return [...leaveNothingSql, ...transactionSettings(step, frame), pathSql(frame)];
}

function transactionSettings(step: StepScript, frame: StepFrame): string[] {
  const { lockTimeoutMs = frame.lockTimeoutMs, statementTimeoutMs = 0 } = step.limits;
  const lockTimeout = `SET LOCAL lock_timeout TO ${lockTimeoutMs}`;
  // The session has the other two from its opening, see `openSessionSql`.
  if (frame.sessionState === "unchanged" && statementTimeoutMs === 0) {
    return [lockTimeout];
  }
  return [
    `SET LOCAL statement_timeout TO ${statementTimeoutMs}`,
    lockTimeout,
    "SET LOCAL idle_in_transaction_session_timeout TO 0",
  ];
}

/**
 * For files with statements that cannot run in a transaction. The guard is for the session, so that
 * it holds over the file's own COMMIT, and once more for the transaction of the record, which
 * thereby is guarded as every other.
 */
async function runOutside(session: Session, step: StepScript, frame: StepFrame): Promise<void> {
  const { script, dropFirst, concurrentIndexes, own } = step;
  const { schema, guardSql, recordSql, look, scriptOptions } = frame;
  const endsTransaction = step.transaction === "ends-transaction";
  const run = (prologue: readonly string[]) =>
    runScript(noScript, session.client, { ...scriptOptions, prologue });
  await run([
    ...sessionSettings(step),
    ...guardForSession(frame),
    `SET search_path TO ${quoteIdentifier(schema)}`,
    ...(endsTransaction || own?.beginsItself === false ? ["BEGIN"] : []),
  ]);
  if (dropFirst !== undefined) {
    const index = inSchema(dropFirst, schema);
    await dropReplacedIndex(session, { script, index, onNotice: scriptOptions.onNotice, run });
  }
  const file = own === undefined ? script : withoutLastCommit(script, own);
  const transactions = own === undefined ? "balanced" : "free";
  const newSessionSql = own === undefined ? undefined : newSessionFor(session, step, frame);
  const options = { ...scriptOptions, batching: "single", transactions, newSessionSql } as const;
  await runScript(file, session.client, options);
  if (endsTransaction && session.client.getTransactionStatus() !== "T") {
    throw notInTransaction(script);
  }
  const isOpen =
    own === undefined ? endsTransaction : session.client.getTransactionStatus() !== "I";
  await run([...(isOpen ? [] : [beginReadCommitted]), ...guardSql("transaction")]);
  // A file that ends the transaction may have chosen another schema by now.
  const built = endsTransaction
    ? concurrentIndexes
    : concurrentIndexes.map((name) => inSchema(name, schema));
  await ensureIndexesAreValid(session, script, built);
  const epilogue = [...recordSql, ...lookSql(look)];
  await runScript(noScript, session.client, { ...scriptOptions, epilogue, epilogueRows: look });
}

function lookSql(look: StepFrame["look"]): readonly string[] {
  return look === undefined ? [] : [look.sql];
}

function sessionSettings({ limits }: StepScript): string[] {
  return [
    `SET statement_timeout TO ${limits.statementTimeoutMs ?? 0}`,
    // Ending CREATE INDEX CONCURRENTLY while it waits would leave an invalid index.
    `SET lock_timeout TO ${limits.lockTimeoutMs ?? 0}`,
    "SET idle_in_transaction_session_timeout TO 0",
  ];
}

/**
 * What a session needs to be as one that psql has just opened, without search_path, but for the limits of the
 * step. A DISCARD ALL would give the shard away: its lock is held by a transaction while those of the file go.
 */
function newSessionFor(session: Session, step: StepScript, { guardSql }: StepFrame): string[] {
  return [
    ...["SET SESSION AUTHORIZATION DEFAULT", "RESET ALL", keepSessionSql(session.opened)],
    ...["CLOSE ALL", "DEALLOCATE ALL", "UNLISTEN *"],
    ...["DISCARD PLANS", "DISCARD TEMP", "DISCARD SEQUENCES"],
    ...sessionSettings(step),
    beginReadCommitted,
    ...guardSql("transaction"),
    "SELECT pg_catalog.pg_advisory_unlock_all()",
    ...guardSql("session"),
    "COMMIT",
    "RESET search_path",
  ];
}

const shortened = new WeakMap<Script, Script>();

/** The file without the COMMIT that ends it: that one is sent when the ledger is changed. */
function withoutLastCommit(script: Script, { lastCommitAt }: OwnTransactions): Script {
  if (lastCommitAt === undefined) {
    return script;
  }
  let shorter = shortened.get(script);
  if (shorter === undefined) {
    const { file, path, psqlCompat, includes } = script;
    const text = script.text.slice(0, lastCommitAt);
    shorter = { ...parseScript(text, { file, psqlCompat }), path, includes };
    shortened.set(script, shorter);
  }
  return shorter;
}

function notInTransaction(script: Script): ScriptError {
  return new ScriptError("The file does not end inside a transaction.", {
    code: "SCRIPT_ENDED_TRANSACTION",
    hint: "Put BEGIN; after the statements that run outside, and no COMMIT; or ROLLBACK; after it.",
    part: "script",
    source: script,
    offset: script.text.length,
  });
}
