import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { isReconnect, runsShell } from "../read/command-kind.js";
import type { Command, Script } from "../read/script.js";
import { ScriptError } from "../source/script-error.js";
import { FileRun } from "./file-run.js";
import { Outbox } from "./outbox.js";
import type { OutboxPart } from "./outbox-part.js";
import { plainParts } from "./plain-parts.js";
import type { RunScriptOptions } from "./run-script-options.js";
import { RunState } from "./run-state.js";
import type { ScriptClient, ScriptResult } from "./script-client.js";
import { ScriptOutput } from "./script-output.js";
import { surviveErrors } from "./survive-errors.js";
import { TextSettings } from "./text-settings.js";
import { isOneMessage, sendWholeScript } from "./whole-script.js";

/**
 * Runs a script over a connection, as `psql -X -v ON_ERROR_STOP=1 -f file` would.
 *
 * A script without psql commands and variables is one message: prologue, text, epilogue; inside of a
 * transaction that stays open, one of more than 256 kB is several. The epilogue is never sent when
 * anything before it failed. After an error nothing more is sent; the transaction is
 * left as the server has it, for the caller to roll back.
 *
 * @throws ScriptError for whatever goes wrong; see its documentation for the codes.
 */
export function runScript(
  script: Script,
  client: ScriptClient,
  options: RunScriptOptions = {},
): Promise<ScriptResult> {
  const settings = new TextSettings(client);
  const parts = plainParts(script, settings.standardStrings, options);
  return parts !== undefined && isOneMessage(parts, options)
    ? sendWholeScript(parts, client, settings, options)
    : runInMessages(script, client, { ...options, settings, parts });
}

async function runInMessages(
  script: Script,
  client: ScriptClient,
  options: RunScriptOptions & {
    readonly settings: TextSettings;
    readonly parts: readonly OutboxPart[] | undefined;
  },
): Promise<ScriptResult> {
  const { settings, parts } = options;
  if (!options.allowShell) {
    refuse(script, runsShell, [
      "shell commands are not allowed here.",
      "Remove it, or allow shell commands.",
    ]);
  }
  if (options.newSessionSql === undefined) {
    refuse(script, (command) => isReconnect(command) && !command.conditional, [
      "a new session cannot be begun here.",
      "Remove the \\c: another session has another transaction, other locks and another search_path.",
    ]);
  }
  const outbox = new Outbox(client, settings, {
    prologue: options.prologue ?? [],
    epilogue: options.epilogue ?? [],
    batching: options.batching ?? "joined",
    expectOpenTransaction: options.expectOpenTransaction ?? false,
    signal: options.signal,
    afterMessage: options.afterMessage,
    epilogueRows: options.epilogueRows,
    onNotice: options.onNotice,
  });
  const output = new ScriptOutput(options.onOutput);
  const stopListening = surviveErrors(client);
  try {
    if (parts === undefined) {
      await runFile(script, client, { ...options, outbox, output });
    } else {
      await outbox.sendWhole(parts, { onCopyOut: (chunk) => output.writeCopy(chunk) });
    }
  } finally {
    output.end();
    stopListening();
  }
  return { transactionStatus: outbox.status, messages: outbox.messages };
}

async function runFile(
  script: Script,
  client: ScriptClient,
  options: RunScriptOptions & Pick<RunState, "outbox" | "output">,
): Promise<void> {
  const { outbox } = options;
  const path = script.path ?? resolve(script.file);
  const run = new RunState(client, script, {
    ...options,
    cwd: resolve(options.cwd ?? dirname(path)),
    readFile: options.readFile ?? ((name) => readFile(name)),
  });
  run.openFiles.push(path);
  await new FileRun(run, script, []).execute();
  if (run.firstError !== undefined && outbox.status === "failed") {
    throw run.firstError;
  }
  const isFree = script.psqlCompat || options.transactions === "free";
  await run.finish(isFree ? "unchecked" : "checked");
}

/** Throws for a command that will be reached and is not allowed, before anything is sent. */
function refuse(
  script: Script,
  isRefused: (command: Command) => boolean,
  [message, hint]: readonly [message: string, hint: string],
): void {
  if (script.psqlCompat) {
    return;
  }
  for (const file of [script, ...script.includes.values()]) {
    const first = file.commands.find(isRefused);
    if (first !== undefined) {
      throw new ScriptError(message, {
        code: "SCRIPT_COMMAND_REFUSED",
        hint,
        part: "script",
        source: file,
        offset: first.offset,
      });
    }
  }
}
