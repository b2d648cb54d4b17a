import { homedir } from "node:os";
import { isAbsolute } from "node:path";
import nodeProcess from "node:process";
import type { ColorSetting, Flags } from "@pg-mig/config";
import { isPgMigError, PgMigError } from "@pg-mig/model";
import { accountName } from "./account-name.js";
import { type CommandLine, parseCommandLine } from "./command-line.js";
import { exitStatus, signalStatus } from "./exit-status.js";
import type { CommandLineOutput } from "./explaining-commands.js";
import { listenForInterruption, type SignalSource } from "./interruption.js";
import { jsonError } from "./json-error.js";
import { guardingOutput } from "./output-guard.js";
import { programVersion } from "./program-version.js";
import { printable } from "./view/display-width.js";
import { bugLines, renderError } from "./view/error-text.js";
import { jsonLine } from "./view/json-line.js";
import { renderLines } from "./view/render-lines.js";
import { createTerminal, type TerminalStream } from "./view/terminal.js";

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
  let flags: Flags = { json: args.includes("--json"), debug: args.includes("--debug") };
  // What nobody has caught is a bug, too: the servers roll back what is open when the command ends.
  const uncaught = new Promise<never>((_, reject) => process.onUncaught(reject));
  try {
    const commandLine = await parseCommandLine(args, program(process));
    if (commandLine === "answered") {
      return exitStatus.done;
    }
    flags = commandLine.flags;
    return await Promise.race([execute(commandLine, process), uncaught]);
  } catch (error) {
    const stderr = createTerminal(process.stderr, process.env, colorOf(flags));
    const lines = isPgMigError(error) ? renderError(error) : bugLines(error, thisProgram());
    stderr.write(renderLines(lines, stderr));
    if (flags.json === true) {
      process.stdout.write(jsonLine({ type: "error", ...jsonError(error) }));
    }
    if (flags.debug === true && error instanceof Error) {
      stderr.write(`${printableLines(error.stack ?? "")}\n`);
    }
    return isPgMigError(error) ? exitStatus.failed : exitStatus.bug;
  }
}

/** What was typed, if it can be meant: it may be what is refused. */
function colorOf({ color }: Flags): ColorSetting {
  return color === "always" || color === "never" ? color : "auto";
}

/** What the program says of itself, as wide as can be read. */
function program({
  stdout,
  ...place
}: Pick<CommandProcess, "stdout" | "env" | "cwd">): CommandLineOutput {
  return {
    version: programVersion(),
    columns: Math.min(stdout.columns || 80, 100),
    writeOut: (text) => stdout.write(text),
    env: place.env,
    cwd: () => place.cwd(),
  };
}

/**
 * The command as a function: takes the arguments that follow its name, prints to this process's stdout and
 * stderr, and resolves to whether all went well. It never ends the process: a second Ctrl-C is left to
 * whoever else listens, or to the system.
 *
 * @throws PgMigError `COMMAND_LINE_INVALID`, or whatever is found wrong before anything is changed
 */
export async function main(args: readonly string[]): Promise<boolean> {
  const status = await guardingOutput(nodeProcess, async (outputs) => {
    const place = { env: nodeProcess.env, cwd: () => nodeProcess.cwd() };
    const commandLine = await parseCommandLine(args, program({ ...outputs, ...place }));
    return commandLine === "answered"
      ? exitStatus.done
      : execute(commandLine, {
          ...outputs,
          ...place,
          on: (signal, listener) => nodeProcess.on(signal, listener),
          off: (signal, listener) => nodeProcess.off(signal, listener),
          exit: (code) => nodeProcess.kill(nodeProcess.pid, code - signalStatus),
        });
  });
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
  { command, input, flags: given }: CommandLine,
  process: Omit<CommandProcess, "onUncaught">,
  interruption: ReturnType<typeof listenForInterruption>,
): Promise<number> {
  const act = await command.load(input);
  const flags = { ...command.flags, ...given };
  const { resolveSettings } = await import("@pg-mig/config");
  const { env } = process;
  const cwd = workingDirectory(process, flags);
  const settings = await interruption.leaveAtOnceDuring(() =>
    resolveSettings({
      flags,
      env,
      cwd,
      action: command.configAction,
      connects: command.connects,
      readService: async (name, files) => {
        const { readService } = await import("./read-service.js");
        return readService(name, files);
      },
      os: { user: accountName(env), home: homedir(), uid: nodeProcess.geteuid?.() },
    }),
  );
  return act({
    settings,
    stdout: createTerminal(process.stdout, env, settings.color),
    stderr: createTerminal(process.stderr, env, settings.color),
    cwd,
    env,
    interruption,
  });
}

/** What a report of a bug needs: the versions of the tool and of Node, and the system. */
function thisProgram(): string {
  const { version, platform, arch } = nodeProcess;
  return `pg-mig ${programVersion()}, Node ${version}, ${platform} ${arch}`;
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
      [migdir, ...[report ?? []].flat()].some(
        (path) => typeof path !== "string" || !isAbsolute(path),
      );
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
