import type { DiscoverySource } from "./discovery-source.js";
import { parseNodeList } from "./node-list.js";
import type { NodeSpec } from "./node-spec.js";

export interface CommandOptions {
  /** Arguments, each as the program gets it: no shell takes them apart. */
  readonly args?: readonly string[];
  /** @default the working directory */
  readonly cwd?: string;
  /** @default the environment of this process */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Makes nodes of what the program printed. Without it, that is a JSON array of `NodeSpec`s, or
   * lines as in `--hosts`.
   */
  readonly parse?: (stdout: string) => readonly NodeSpec[];
}

/** A list of nodes is small; a program that prints more than this prints something else. */
const maxOutputBytes = 64 * 1024 * 1024;

/**
 * The source for a cluster that a program knows, such as the command line of a cloud. The program
 * is run whenever the source is asked; an exit status other than 0 is a failure, told with the last
 * line that the program wrote to stderr.
 *
 * @example
 * command("aws", {
 *   args: ["rds", "describe-db-instances", "--output=json"],
 *   parse: (stdout) =>
 *     JSON.parse(stdout).DBInstances.map(({ Endpoint }) => ({ host: Endpoint.Address, port: Endpoint.Port })),
 * });
 */
export function command(program: string, options: CommandOptions = {}): DiscoverySource {
  const { args = [], cwd, env, parse = parseNodeList } = options;
  return {
    // Without the arguments: a token may be among them.
    name: `command ${program}`,
    async discover({ signal }) {
      const { execFile } = await import("node:child_process");
      return new Promise((resolve, reject) => {
        const settings = { cwd, env, signal, maxBuffer: maxOutputBytes, windowsHide: true };
        const child = execFile(program, args, settings, (error, stdout, stderr) => {
          try {
            if (error !== null) {
              throw failure(error, stderr);
            }
            resolve(parse(stdout));
          } catch (reason) {
            reject(reason);
          }
        });
        // A program that asks something gets no answer, instead of waiting for one forever.
        child.stdin?.end();
      });
    },
  };
}

function failure(error: Error & { readonly code?: unknown }, stderr: string): Error {
  if (error.name === "AbortError") {
    return error;
  }
  // The message of execFile's error repeats the arguments.
  const reason =
    typeof error.code === "number"
      ? `It exited with status ${error.code}`
      : `It failed (${error.code ?? "killed"})`;
  const words = stderr.trim().split("\n").at(-1) ?? "";
  return new Error(words === "" ? `${reason}.` : `${reason}: ${words}`);
}
