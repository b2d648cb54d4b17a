import { staticArgument } from "../lex/argument-reader.js";
import type { Command } from "./script.js";

/** Whether a command includes a file: `\i`, `\ir`, or one of them by its long name. */
export function isInclude({ name }: Pick<Command, "name">): boolean {
  return name === "i" || name === "include" || isRelativeInclude({ name });
}

/** Whether its path counts from the file that it is in, and not from the run's directory. */
export function isRelativeInclude({ name }: Pick<Command, "name">): boolean {
  return name === "ir" || name === "include_relative";
}

/** Whether a command is certain to run a shell command: not inside of an `\if`, nor `\copy … program`. */
export function runsShell({ name, arguments: found, conditional }: Command): boolean {
  const hasBacktick = found.some(({ pieces }) => pieces.some(({ kind }) => kind === "shell"));
  return !conditional && (name === "!" || hasBacktick);
}

/** Whether a command asks for a new session of the same user in the same database: `\c` or `\c -`. */
export function isReconnect({
  name,
  arguments: found,
}: Pick<Command, "name" | "arguments">): boolean {
  return (
    (name === "c" || name === "connect") &&
    found.every((argument) => staticArgument(argument, true) === "-")
  );
}
