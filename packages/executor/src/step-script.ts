import {
  parseScript,
  type RunScriptOptions,
  runScript,
  type Script,
  ScriptError,
} from "@pg-mig/psql-script";
import type { Session } from "@pg-mig/sessions";
import { enterSharedSql, leaveNothingSql, sessionTraces } from "@pg-mig/sessions";
import type { Company, VersionLimits } from "./chain-schedule.js";
import { quoteIdentifier } from "./quote.js";
import { dropReplacedIndex, ensureIndexesAreValid, inSchema } from "./replaced-index.js";

/** A file, and how it wants to be run. */
export interface StepScript {
  readonly script: Script;
  readonly limits: StepLimits;
  /**
   * - `wrapped`: in one transaction with the ledger entry.
   * - `concurrent`: its statement cannot run in a transaction; it runs outside of one, then the
   *   entry is written.
   * - `framed`: the file ends the transaction with `COMMIT;` and opens another with `BEGIN;`, in
   *   which the entry is written.
   */
  readonly transaction: "wrapped" | "concurrent" | "framed";
  /** What of this run may run beside it in one database. */
  readonly company: Company;
  /**
   * The index, as SQL text, that a `concurrent` script builds: what has its name is dropped before,
   * unless something else needs it.
   */
  readonly dropFirst: string | undefined;
  /** The indexes, as SQL text, that the file builds concurrently: only valid ones count as built. */
  readonly concurrentIndexes: readonly string[];
}

/** What a file says of itself in its pseudo comments. */
export interface StepLimits extends Omit<VersionLimits, "company"> {
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
  /** Statements that run first in every transaction, and fail if the file must not run. */
  readonly guardSql: (scope: "transaction" | "session") => readonly string[];
  /** Statements that run last, in the transaction that is committed. */
  readonly recordSql: readonly string[];
  readonly scriptOptions: RunScriptOptions;
}

/** A script with nothing in it: what runs then is the prologue. */
export const noScript = parseScript("", { file: "" });

/**
 * Runs a file up to, and without, the COMMIT of the transaction that holds `recordSql`.
 *
 * @throws ScriptError
 */
export async function runStepScript(
  session: Session,
  step: StepScript,
  frame: StepFrame,
): Promise<void> {
  if (step.transaction === "wrapped") {
    const isShared = session.backend === "shared";
    const [begin = "", ...prologue] = wrappedPrologue(step, frame);
    await runScript(step.script, session.client, {
      ...frame.scriptOptions,
      prologue: [begin, ...(isShared ? enterSharedSql : []), ...prologue],
      epilogue: [...frame.recordSql, ...(isShared ? leaveSharedSql(step, frame) : [])],
      expectOpenTransaction: true,
    });
  } else {
    await runOutside(session, step, frame);
  }
}

/** What precedes a `wrapped` file in its message. */
export function wrappedPrologue(step: StepScript, frame: StepFrame): string[] {
  return ["BEGIN", ...transactionSettings(step, frame), ...frame.guardSql("transaction")];
}

/** What follows the record where the server's process is somebody else's behind the COMMIT. */
function leaveSharedSql(step: StepScript, frame: StepFrame): string[] {
  if (sessionTraces(step.script) === "none") {
    return [];
  }
  // What was put off to the COMMIT, as deferred triggers are, runs with the settings of the file.
  return [...leaveNothingSql, ...transactionSettings(step, frame)];
}

function transactionSettings(step: StepScript, frame: StepFrame): string[] {
  const { lockTimeoutMs = frame.lockTimeoutMs, statementTimeoutMs = 0 } = step.limits;
  return [
    `SET LOCAL statement_timeout TO ${statementTimeoutMs}`,
    `SET LOCAL lock_timeout TO ${lockTimeoutMs}`,
    "SET LOCAL idle_in_transaction_session_timeout TO 0",
    `SET LOCAL search_path TO ${quoteIdentifier(frame.schema)}`,
  ];
}

/**
 * For files with statements that cannot run in a transaction. The guard is for the session, so that
 * it holds over the file's own COMMIT, and once more for the transaction of the record, which
 * thereby is guarded as every other.
 */
async function runOutside(session: Session, step: StepScript, frame: StepFrame): Promise<void> {
  const { script, limits, dropFirst, concurrentIndexes } = step;
  const { schema, guardSql, recordSql, scriptOptions } = frame;
  const framed = step.transaction === "framed";
  const run = (prologue: readonly string[]) =>
    runScript(noScript, session.client, { ...scriptOptions, prologue });
  await run([
    `SET statement_timeout TO ${limits.statementTimeoutMs ?? 0}`,
    // Ending CREATE INDEX CONCURRENTLY while it waits would leave an invalid index.
    `SET lock_timeout TO ${limits.lockTimeoutMs ?? 0}`,
    "SET idle_in_transaction_session_timeout TO 0",
    `SET search_path TO ${quoteIdentifier(schema)}`,
    ...guardSql("session"),
    ...(framed ? ["BEGIN"] : []),
  ]);
  if (dropFirst !== undefined) {
    const index = inSchema(dropFirst, schema);
    await dropReplacedIndex(session, { script, index, onNotice: scriptOptions.onNotice, run });
  }
  await runScript(script, session.client, { ...scriptOptions, batching: "single" });
  if (framed && session.client.getTransactionStatus() !== "T") {
    throw notInTransaction(script);
  }
  await run([...(framed ? [] : ["BEGIN"]), ...guardSql("transaction")]);
  // A framed file may have chosen another schema by now.
  const built = framed
    ? concurrentIndexes
    : concurrentIndexes.map((name) => inSchema(name, schema));
  await ensureIndexesAreValid(session, script, built);
  await runScript(noScript, session.client, { ...scriptOptions, epilogue: recordSql });
}

function notInTransaction(script: Script): ScriptError {
  return new ScriptError("The file does not end inside a transaction.", {
    code: "SCRIPT_ENDED_TRANSACTION",
    hint: "Put BEGIN; behind the statements that run outside, and no COMMIT; or ROLLBACK; after it.",
    part: "script",
    source: script,
    offset: script.text.length,
  });
}
