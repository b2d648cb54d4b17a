import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute } from "node:path";
import nodeProcess from "node:process";
import { isPgMigError, PgMigError } from "@pg-mig/model";
import { accountName } from "./account-name.js";
import type { Action } from "./action-context.js";
import { type ActionRequest, type CommandLine, parseCommandLine } from "./command-line.js";
import { exitStatus } from "./exit-status.js";
import { listenForInterruption, type SignalSource } from "./interruption.js";
import { printable } from "./view/display-width.js";
import { bugLines, renderError } from "./view/error-text.js";
import { jsonLine } from "./view/json-line.js";
import { renderLines } from "./view/styled-line.js";
import { createTerminal, type OutputStream } from "./view/terminal.js";

const connectsToNothing: readonly ActionRequest["type"][] = ["make", "chain", "list", "digest"];

/** What the command takes from its process. */
export interface CommandProcess extends SignalSource {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  cwd(): string;
}

/**
 * The command `pg-mig`: takes arguments as a shell passes them, prints, and gives the exit status.
 * It never rejects and never ends the process but on a second Ctrl-C.
 */
export async function run(args: readonly string[], process: CommandProcess): Promise<number> {
  const commandLine = parseCommandLine(args, {
    version: readVersion(),
    writeOut: (text) => process.stdout.write(text),
    writeErr: (text) => process.stderr.write(withoutValues(text)),
  });
  if ("exitStatus" in commandLine) {
    return commandLine.exitStatus;
  }
  const stderr = createTerminal(process.stderr, process.env);
  const interruption = listenForInterruption(process);
  try {
    return await runAction(commandLine, process, interruption);
  } catch (error) {
    if (interruption.exitStatus !== undefined) {
      return interruption.exitStatus;
    }
    const lines = isPgMigError(error) ? renderError(error) : bugLines(error);
    stderr.write(renderLines(lines, stderr));
    if (commandLine.flags.json && isPgMigError(error)) {
      const { code, message, hint, where, problems } = error;
      process.stdout.write(jsonLine({ type: "error", code, message, hint, where, problems }));
    }
    if (commandLine.flags.debug && error instanceof Error) {
      stderr.write(`${error.stack}\n`);
    }
    return isPgMigError(error) ? exitStatus.failed : exitStatus.bug;
  } finally {
    interruption.dispose();
  }
}

/**
 * The command as a function: takes the arguments behind its name, prints to this process's stdout and
 * stderr, and resolves to whether all went well.
 */
export async function main(args: readonly string[]): Promise<boolean> {
  return (await run(args, nodeProcess)) === exitStatus.done;
}

async function runAction(
  { action, dry, flags }: CommandLine,
  process: CommandProcess,
  interruption: ReturnType<typeof listenForInterruption>,
): Promise<number> {
  const { resolveSettings } = await import("@pg-mig/config");
  const { env } = process;
  const cwd = workingDirectory(process, flags);
  const settings = await interruption.leaveAtOnceDuring(() =>
    resolveSettings({
      flags,
      env,
      cwd,
      action: action.type === "status" ? "list" : action.type,
      connects: !connectsToNothing.includes(action.type),
      os: { user: accountName(env), home: homedir(), uid: nodeProcess.geteuid?.() },
    }),
  );
  const act =
    dry === undefined ? await loadAction(action) : await loadDryRun(action, dry === "sql");
  return act({
    settings,
    stdout: createTerminal(process.stdout, env),
    stderr: createTerminal(process.stderr, env),
    cwd,
    env,
    interruption,
  });
}

/** The value of an option that is not ours may be a secret: the name of the option is enough. */
function withoutValues(complaint: string): string {
  return printableLines(
    complaint.replace(/(unknown option '-(?:-[^'=]*|[^'-]))[^'\n]*'/g, (_, name) => `${name}'`),
  );
}

function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/**
 * @throws PgMigError `WORKING_DIRECTORY_MISSING` if it was deleted, and something counts from it: config
 * files, or the migration directory.
 */
function workingDirectory(process: CommandProcess, flags: CommandLine["flags"]): string {
  try {
    return process.cwd();
  } catch (cause) {
    const migdir = flags.migdir ?? process.env.PGMIGDIR;
    if (flags.skipConfig === true && typeof migdir === "string" && isAbsolute(migdir)) {
      return "/";
    }
    throw new PgMigError("The working directory does not exist any more.", {
      code: "WORKING_DIRECTORY_MISSING",
      hint: "Change to another directory; or name the migration directory with its absolute path, and skip the config files with --skip-config.",
      cause,
    });
  }
}

/** Loads what an action needs, and nothing else. */
async function loadAction(request: ActionRequest): Promise<Action> {
  switch (request.type) {
    case "apply":
      return (await import("./actions/apply.js")).applyAction;
    case "undo": {
      const { undoAction } = await import("./actions/undo.js");
      return (context) => undoAction(request.version, context);
    }
    case "make": {
      const { makeAction } = await import("./actions/make.js");
      return (context) => makeAction(request.target, context);
    }
    case "chain":
      return (await import("./actions/chain.js")).chainAction;
    case "list":
      return (await import("./actions/list.js")).listAction;
    case "digest":
      return (await import("./actions/digest.js")).digestAction;
    case "status":
      return (await import("./actions/status.js")).statusAction;
  }
}

async function loadDryRun(request: ActionRequest, sql: boolean): Promise<Action> {
  if (request.type !== "apply" && request.type !== "undo") {
    return loadAction(request);
  }
  const { dryRunAction } = await import("./actions/dry-run.js");
  const undo = request.type === "undo" ? request.version : undefined;
  return (context) => dryRunAction({ undo, sql }, context);
}

function readVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
