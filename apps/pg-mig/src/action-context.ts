import type { Settings } from "@pg-mig/config";
import type { Interruption } from "./interruption.js";
import type { Terminal } from "./view/terminal.js";

/** What an action of the command line is given. */
export interface ActionContext {
  readonly settings: Settings;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly interruption: Interruption;
}

/** An action: does its work, shows it, and gives the exit status. */
export type RunnableAction = (context: ActionContext) => Promise<number>;
