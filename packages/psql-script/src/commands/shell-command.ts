import { runShell } from "../run/shell.js";
import type { CommandCall } from "./command-call.js";

/** `\! command`: what it prints goes where the script's output goes. A failure is only a warning. */
export async function shellCommand(call: CommandCall): Promise<void> {
  const command = await call.arguments.next();
  if (command === undefined) {
    throw call.refuse("there is no terminal for a shell", "Write the command after the \\!.");
  }
  requireShell(call);
  const { cwd, environment, output } = call.run;
  const result = await runShell(command, { cwd, env: Object.fromEntries(environment) });
  output.write(result.stdout, "stdout");
  output.write(result.stderr, "stderr");
  call.run.variables.set("SHELL_ERROR", String(result.status !== 0));
  call.run.variables.set("SHELL_EXIT_CODE", String(result.status));
  if (result.status !== 0) {
    call.warn(`the command ended with status ${result.status}`);
  }
}

/** Throws where shell commands are not allowed. */
export function requireShell(call: Pick<CommandCall, "run" | "refuse">): void {
  if (call.run.allowShell) {
    return;
  }
  throw call.refuse("shell commands are not allowed here", "Remove it, or allow shell commands.");
}
