import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { CommandOutput } from "./command-output.js";
import { type CommandPlace, type CommandResult, commandJudge } from "./command-result.js";

/** A command under way. */
export interface RunningCommand {
  readonly result: Promise<CommandResult>;
  readonly pid: number | undefined;
  kill(signal: NodeJS.Signals): void;
  /** Stops reading what it prints, as `head` does at the end of a pipe. */
  close(stream: "stdout" | "stderr"): void;
  /** Resolves when the text was printed, to stdout or stderr. */
  printed(text: string): Promise<void>;
}

const command = fileURLToPath(new URL("../bin/pg-mig.cjs", import.meta.url));

/** Starts the built command as a user does: as a process of its own. */
export function startOwnProcess(args: readonly string[], place: CommandPlace): RunningCommand {
  const judge = commandJudge(args, place);
  const child = spawn(process.execPath, [command, ...args], {
    ...place,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = new CommandOutput();
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => output.add(name, text));
  }
  const result = new Promise<CommandResult>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => {
      try {
        const { stdout, stderr } = output;
        judge({ status, stdout, stderr });
        resolve({ status, stdout, stderr });
      } catch (error) {
        reject(error);
      }
    });
  });
  return {
    result,
    pid: child.pid,
    kill: (signal) => child.kill(signal),
    close: (stream) => child[stream].destroy(),
    printed: (text) => output.printed(text, result),
  };
}
