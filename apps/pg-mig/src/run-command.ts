import { isAbsolute } from "node:path";
import nodeProcess from "node:process";
import type { Flags } from "@pg-mig/config";
import { isPgMigError, PgMigError } from "@pg-mig/model";
import { account } from "./account.js";
import type { CommandLine } from "./command-definition.js";
import { parseCommandLine } from "./command-line.js";
import type { CommandProcess } from "./command-process.js";
import { exitStatus, signalStatus } from "./exit-status.js";
import type { CommandLineOutput } from "./explaining-commands.js";
import { listenForInterruption } from "./interruption.js";
import { guardingOutput } from "./output-guard.js";
import { programVersion } from "./program-version.js";
import { createTerminal } from "./view/terminal.js";

/** Runs a command, or answers what is asked of the program; as {@link run}, which loads this. */
export async function runCommand(
  args: readonly string[],
  process: CommandProcess,
): Promise<number> {
  let flags: Flags = { json: args.includes("--json"), debug: args.includes("--debug") };
  // What nobody has caught is a bug, too: the servers roll back what is open when the command ends.
  const uncaught = new Promise<never>((_, reject) => process.onUncaught(reject));
  try {
    const commandLine = await parseCommandLine(args, outputOf(process));
    if (commandLine === "answered") {
      return exitStatus.done;
    }
    flags = commandLine.flags;
    return await Promise.race([execute(commandLine, process), uncaught]);
  } catch (error) {
    const { showFailure } = await import("./show-failure.js");
    showFailure(error, flags, process);
    return isPgMigError(error) ? exitStatus.failed : exitStatus.bug;
  }
}

/** Where the program says what it has to say of itself, as wide as can be read. */
function outputOf(process: Pick<CommandProcess, "stdout" | "env" | "cwd">): CommandLineOutput {
  const { stdout, env } = process;
  return {
    version: programVersion(),
    columns: Math.min(stdout.columns || 80, 100),
    writeOut: (text) => stdout.write(text),
    env,
    cwd: () => process.cwd(),
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
    const commandLine = await parseCommandLine(args, outputOf({ ...outputs, ...place }));
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
  const { resolveSettings } = await import("./resolve-settings.js");
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
      os: account(env),
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
