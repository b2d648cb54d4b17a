import type { Command, Script } from "@pg-mig/psql-script";
import { phrasesOf } from "@pg-mig/sql-rules";

/**
 * Tells whether running a script, with the files that it includes, can do anything: it holds a
 * statement, or a psql command that may stand for one. Comments, semicolons, and commands that only
 * print or set something do nothing. If an included file is not known beforehand, the answer is yes.
 */
export function holdsStatement(script: Script): boolean {
  return [script, ...script.includes.values()].some(
    ({ statements, commands }) =>
      statements.some((statement) => phrasesOf(statement).length > 0) ||
      commands.some((command) => mayAct(command, commands)),
  );
}

function mayAct({ name, text, conditional }: Command, all: readonly Command[]): boolean {
  // What a shell runs may do anything.
  if (name === "!" || name.toLowerCase() === "copy" || /[`|]/.test(text)) {
    return true;
  }
  // Other includes were read beforehand, and are looked at themselves.
  const isInclude = /^i(?:r|nclude|nclude_relative)?$/.test(name);
  return (
    isInclude && (conditional || text.includes(":") || all.some((other) => other.name === "cd"))
  );
}
