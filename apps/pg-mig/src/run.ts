import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute } from "node:path";
import nodeProcess from "node:process";
import { bugHint, isPgMigError, PgMigError } from "@pg-mig/model";
import { accountName } from "./account-name.js";
import type { RunnableAction } from "./action-context.js";
import { type ActionRequest, type CommandLine, parseCommandLine } from "./command-line.js";
import { exitStatus, signalStatus } from "./exit-status.js";
import { listenForInterruption, type SignalSource } from "./interruption.js";
import { guardingOutput } from "./output-guard.js";
import { printable } from "./view/display-width.js";
import { bugLines, renderError } from "./view/error-text.js";
import { jsonLine } from "./view/json-line.js";
import { renderLines } from "./view/styled-line.js";
import { createTerminal, type TerminalStream } from "./view/terminal.js";

const connectsToNothing: readonly ActionRequest["type"][] = ["make", "chain", "list", "digest"];

/** What config functions are told is a list, since 2.x has no other word for it. */
function isLookingOnly(type: ActionRequest["type"]): type is "status" | "drift" | "list-db" {
  return type === "status" || type === "drift" || type === "list-db";
}

/** What the command takes from its process. */
export interface CommandProcess extends SignalSource {
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  cwd(): string;
  /** Has errors told to the listener that nobody catches. */
  onUncaught(listener: (error: unknown) => void): void;
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
  // What nobody has caught is a bug, too: the servers roll back what is open when the command ends.
  const uncaught = new Promise<never>((_, reject) => process.onUncaught(reject));
  try {
    return await Promise.race([execute(commandLine, process), uncaught]);
  } catch (error) {
    const lines = isPgMigError(error) ? renderError(error) : bugLines(error, thisProgram());
    stderr.write(renderLines(lines, stderr));
    if (commandLine.flags.json) {
      process.stdout.write(jsonLine({ type: "error", ...errorFields(error) }));
    }
    if (commandLine.flags.debug && error instanceof Error) {
      stderr.write(`${printableLines(error.stack ?? "")}\n`);
    }
    return isPgMigError(error) ? exitStatus.failed : exitStatus.bug;
  }
}

/**
 * The command as a function: takes the arguments that follow its name, prints to this process's stdout and
 * stderr, and resolves to whether all went well. It never ends the process: a second Ctrl-C is left to
 * whoever else listens, or to the system.
 *
 * @throws PgMigError `COMMAND_LINE_INVALID`, or whatever is found wrong before anything is changed
 */
export async function main(args: readonly string[]): Promise<boolean> {
  let complaint = "";
  const status = await guardingOutput(nodeProcess, async (outputs) => {
    const commandLine = parseCommandLine(args, {
      version: readVersion(),
      writeOut: (text) => outputs.stdout.write(text),
      writeErr: (text) => {
        complaint += withoutValues(text);
      },
    });
    return "exitStatus" in commandLine
      ? commandLine.exitStatus
      : execute(commandLine, {
          ...outputs,
          env: nodeProcess.env,
          cwd: () => nodeProcess.cwd(),
          on: (signal, listener) => nodeProcess.on(signal, listener),
          off: (signal, listener) => nodeProcess.off(signal, listener),
          exit: (code) => nodeProcess.kill(nodeProcess.pid, code - signalStatus),
        });
  });
  if (complaint !== "") {
    const [message = "", ...more] = complaint
      .replace(/^error: /, "")
      .trim()
      .split("\n");
    const hint = more.join(" ") || "--help lists what there is.";
    throw new PgMigError(message, { code: "COMMAND_LINE_INVALID", hint });
  }
  return status === exitStatus.done;
}

/** Runs an action; gives the exit status, also when a signal made it fail. */
async function execute(
  commandLine: CommandLine,
  process: Omit<CommandProcess, "onUncaught">,
): Promise<number> {
  const interruption = listenForInterruption(process);
  try {
    return await runAction(commandLine, process, interruption);
  } catch (error) {
    const { isBug } = await import("./is-bug.js");
    if (interruption.exitStatus === undefined || isBug(error)) {
      throw error;
    }
    return interruption.exitStatus;
  } finally {
    interruption.dispose();
  }
}

async function runAction(
  { action, dry, flags }: CommandLine,
  process: Omit<CommandProcess, "onUncaught">,
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
      action: isLookingOnly(action.type) ? "list" : action.type,
      connects: !connectsToNothing.includes(action.type),
      readService: async (name, files) => {
        const { readService } = await import("./read-service.js");
        return readService(name, files);
      },
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

function errorFields(error: unknown) {
  if (isPgMigError(error)) {
    const { code, message, hint, where, problems } = error;
    return { code, message, hint, where, problems };
  }
  return { code: "INTERNAL_ERROR", message: String(error), hint: bugHint };
}

/** What a report of a bug needs: the versions of the tool and of Node, and the system. */
function thisProgram(): string {
  const { version, platform, arch } = nodeProcess;
  return `pg-mig ${readVersion()}, Node ${version}, ${platform} ${arch}`;
}

/** The value of an option that is not ours may be a secret: the name of the option is enough. */
function withoutValues(complaint: string): string {
  // A secret may hold a quote or a line feed, too: all up to the last quote is its option.
  const named = /(unknown option '-(?:-[^'=\s]*|[^'-]))[\s\S]*'/;
  return printableLines(complaint.replace(named, (_, name) => `${name}'`));
}

function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/**
 * @throws PgMigError `WORKING_DIRECTORY_MISSING` if it was deleted, and something counts from it: config
 * files, the migration directory, the report, a discovery source.
 */
function workingDirectory(
  process: Pick<CommandProcess, "cwd" | "env">,
  flags: CommandLine["flags"],
): string {
  try {
    return process.cwd();
  } catch (cause) {
    const migdir = flags.migdir ?? process.env.PGMIGDIR;
    const { report, discovery } = flags;
    const isNeeded =
      flags.skipConfig !== true ||
      discovery !== undefined ||
      [migdir, report ?? "/"].some((path) => typeof path !== "string" || !isAbsolute(path));
    if (!isNeeded) {
      return "/";
    }
    throw new PgMigError("The working directory does not exist any more.", {
      code: "WORKING_DIRECTORY_MISSING",
      hint: "Change to another directory; or name the migration directory and the report by absolute paths, and skip the config files with --skip-config.",
      cause,
    });
  }
}

/** Loads what an action needs, and nothing else. */
async function loadAction(request: ActionRequest): Promise<RunnableAction> {
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
    case "list-db":
      return (await import("./actions/list-db.js")).listDbAction;
    case "digest":
      return (await import("./actions/digest.js")).digestAction;
    case "status":
      return (await import("./actions/status.js")).statusAction;
    case "drift": {
      const { driftAction } = await import("./actions/drift.js");
      return (context) => driftAction(request.flags, context);
    }
  }
}

async function loadDryRun(request: ActionRequest, sql: boolean): Promise<RunnableAction> {
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
