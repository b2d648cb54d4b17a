import type { Settings } from "@pg-mig/config";
import type { Interruption } from "./interruption.js";
import type { Terminal } from "./view/terminal.js";

/** What an action of the command line is given. */
export interface ActionContext {
  readonly settings: Settings;
  readonly format: "text" | "json";
  /** Whether a file that was edited after it was applied is an error. */
  readonly strict: boolean;
  /** What `--only` says, each as it was typed; `undefined`: everything. */
  readonly only: readonly string[] | undefined;
  /** The file that a run's report is written to, and read from for `--only=failed`. */
  readonly reportFile: string | undefined;
  /** Whether files may run shell commands. */
  readonly shell: boolean;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly interruption: Interruption;
}

/** An action: does its work, shows it, and gives the exit status. */
export type Action = (context: ActionContext) => Promise<number>;
