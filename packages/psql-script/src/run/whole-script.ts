import { Message } from "../source/message.js";
import { GluedStatements } from "./glued-statements.js";
import { requireNotAborted, requireSuccess } from "./judge-outcome.js";
import { messageSize } from "./outbox.js";
import type { OutboxPart } from "./outbox-part.js";
import type { RunScriptOptions } from "./run-script-options.js";
import type { ScriptClient, ScriptResult } from "./script-client.js";
import { ScriptOutput } from "./script-output.js";
import { sendQuery } from "./simple-query.js";
import { surviveErrors } from "./survive-errors.js";
import type { TextSettings } from "./text-settings.js";
import { statusOfLetter } from "./transaction-status.js";

/** Whether a script that needs no reading is one message with its prologue and its epilogue. */
export function isOneMessage(
  parts: readonly OutboxPart[],
  { expectOpenTransaction = false, afterMessage }: RunScriptOptions,
): boolean {
  let size = 0;
  for (const { lastControlAt, text } of parts) {
    if (lastControlAt !== undefined || (expectOpenTransaction && size >= messageSize)) {
      return false;
    }
    size += text.length;
  }
  return afterMessage === undefined;
}

/** Sends such a script. Thousands of shards run the same one: nothing is done here that needs no doing. */
export async function sendWholeScript(
  script: readonly OutboxPart[],
  client: ScriptClient,
  settings: TextSettings,
  options: RunScriptOptions,
): Promise<ScriptResult> {
  const { prologue = [], epilogue = [], epilogueRows, expectOpenTransaction = false } = options;
  const parts: OutboxPart[] = [];
  if (prologue.length > 0) {
    parts.push(new GluedStatements("prologue", prologue));
  }
  parts.push(...script);
  if (epilogue.length > 0) {
    parts.push(new GluedStatements("epilogue", epilogue));
  }
  if (parts.length === 0) {
    return {
      transactionStatus: statusOfLetter(client.getTransactionStatus?.()) ?? "idle",
      messages: 0,
    };
  }
  const message = new Message(parts);
  requireNotAborted(message, options.signal);
  let output: ScriptOutput | undefined;
  const stopListening = surviveErrors(client);
  const outcome = await sendQuery(client, {
    text: message.text,
    rows: epilogueRows === undefined ? "drop" : { ofColumn: epilogueRows.column },
    onCopyOut: (chunk) => {
      output ??= new ScriptOutput(options.onOutput);
      output.writeCopy(chunk);
      return undefined;
    },
    onParameter: (name, value) => settings.note(name, value),
    onNotice: options.onNotice,
  });
  stopListening();
  output?.end();
  requireSuccess(message, outcome, expectOpenTransaction);
  settings.check(parts);
  epilogueRows?.take(outcome.rows);
  return { transactionStatus: outcome.status ?? "idle", messages: 1 };
}
