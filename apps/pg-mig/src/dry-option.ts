import type { CommandOption } from "./command-definition.js";
import { expectedWord } from "./command-line-error.js";

/** The option of 2.x that plans what a command would do; `plan` is the command for it. */
export const dryOption: CommandOption = {
  flags: "--dry [sql]",
  help: "print the plan (or the exact SQL) and change nothing",
  values: ["sql"],
};

/**
 * What `--dry` asks for; `undefined`: it was not given.
 *
 * @throws PgMigError `COMMAND_LINE_INVALID`
 */
export function wantedDryRun(given: unknown): "plan" | "sql" | undefined {
  if (given === undefined) {
    return undefined;
  }
  if (given === true) {
    return "plan";
  }
  return expectedWord("--dry", String(given), ["sql"], 'nothing or "sql"');
}
