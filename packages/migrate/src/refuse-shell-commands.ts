import type { MigrationScripts } from "@pg-mig/migrations";
import { PgMigError } from "@pg-mig/model";
import { runsShell, type Script } from "@pg-mig/psql-script";

/**
 * Throws if a file, or one that it includes, is certain to run a shell command. What may not be
 * reached, inside of an `\if`, and `\copy … program` are refused when they are.
 *
 * @throws PgMigError `SHELL_REFUSED`, with a problem for each command
 */
export function refuseShellCommands(scripts: readonly Script[]): void {
  const files = scripts.flatMap((script) => [script, ...script.includes.values()]);
  const problems = files.flatMap(({ commands }) =>
    commands.filter(runsShell).map(({ name, position }) => ({
      message: `\\${name} runs a shell command.`,
      where: position,
    })),
  );
  const [first] = problems;
  if (first === undefined) {
    return;
  }
  throw new PgMigError("There are shell commands in the files, and none may run.", {
    code: "SHELL_REFUSED",
    hint: "Write it without backticks and \\!, or change the setting `shell`, which refuses shell commands.",
    where: first.where,
    problems,
  });
}

/** The same, for the files of a directory. */
export function refuseShellCommandsOf({ up, down, before, after }: MigrationScripts): void {
  const files = [...up.values(), ...down.values(), ...[before ?? [], after ?? []].flat()];
  refuseShellCommands(files.map(({ script }) => script));
}
