import type { CommandCall } from "../commands/command-call.js";
import { requireShell } from "../commands/shell-command.js";
import type { ArgumentExpander } from "../lex/argument-reader.js";
import { interpolate, referenceName } from "../lex/interpolate.js";
import type { RunState } from "./run-state.js";
import { quoteShellWord, runShell } from "./shell.js";

/** How a command's arguments tell what is wrong with them. */
export interface ExpanderReports extends Pick<ArgumentExpander, "unterminated"> {
  readonly refuse: CommandCall["refuse"];
  readonly warn: (message: string) => void;
}

/** Expands variables and backticks in the arguments of commands, with what a run knows. */
export function createExpander(run: RunState, reports: ExpanderReports): ArgumentExpander {
  const expand = (reference: string) => {
    const expansion = interpolate(reference, run.variables.get);
    if (expansion === undefined) {
      return reference;
    }
    return expansion.kind === "text" ? expansion.text : expansion.value;
  };
  return {
    variable: expand,
    shellVariable(reference) {
      if (!reference.startsWith(":'")) {
        return expand(reference);
      }
      const value = run.variables.get(referenceName(reference));
      return (value !== undefined && quoteShellWord(value)) || reference;
    },
    async shell(command) {
      requireShell({ run, refuse: reports.refuse });
      const env = Object.fromEntries(run.environment);
      const { stdout, stderr, status } = await runShell(command, { cwd: run.cwd, env });
      run.output.write(stderr, "stderr");
      if (status !== 0) {
        reports.warn(`the command ended with status ${status}: ${command}`);
      }
      return stdout.replace(/\n$/, "");
    },
    unterminated: reports.unterminated,
  };
}
