import type { CommandCall, CommandFile } from "../commands/command-call.js";
import { commandHandler } from "../commands/handlers.js";
import { ArgumentReader } from "../lex/argument-reader.js";
import { type Argument, scanArguments, scanCommandName } from "../lex/command-arguments.js";
import { type CommandRule, commandRule } from "../lex/command-table.js";
import { isReconnect } from "../read/command-kind.js";
import { ScriptError } from "../source/script-error.js";
import { refusedCommand, unknownCommand, unterminated } from "../source/script-problems.js";
import { createExpander } from "./argument-expander.js";
import type { RunState } from "./run-state.js";

/** Before them nothing has to be sent: they send it themselves, or it makes no difference to them. */
const gluingCommands = new Set(
  "g gx gset gexec restrict unrestrict i include ir include_relative".split(" "),
);
const conditionalCommands = new Set(["if", "elif", "else", "endif"]);

/**
 * Reads the psql command at which the file's cursor stopped, and carries it out unless it stands in a
 * branch that is not taken.
 */
export async function runCommand(run: RunState, file: CommandFile): Promise<void> {
  const { cursor, conditions, sender } = file;
  const place = { ...file.origin, offset: cursor.commandOffset };
  const mark = { length: cursor.query.length, parenDepth: cursor.lexer.parenDepth };
  const name = scanCommandName(cursor.input);
  if (run.restrictedBy !== undefined && name !== "unrestrict") {
    throw new ScriptError(`\\${name} is not allowed after \\restrict.`, {
      ...place,
      code: "SCRIPT_COMMAND_FAILED",
      part: "script",
    });
  }
  const rule = commandRule(name);
  if (rule === undefined) {
    throw unknownCommand(name, place);
  }
  const found = scanArguments(cursor.input, rule.style);
  if (!conditions.active && !conditionalCommands.has(name)) {
    return;
  }
  if (rule.verdict === "refuse") {
    if (run.newSessionSql === undefined || !isReconnect({ name, arguments: found })) {
      throw refusedCommand(name, rule, place);
    }
    await sender.flush();
    await run.outbox.renewSession(run.newSessionSql);
    return;
  }
  if (!gluingCommands.has(name) || found.some(isExpanded)) {
    await sender.flush();
  }
  const call = createCall({ name, mark, run, file }, found, rule);
  await commandHandler(name)?.(call);
  if (rule.verdict === "ignore") {
    return;
  }
  for (const left of call.arguments.leftover()) {
    call.warn(`extra argument "${left}" is ignored`);
  }
}

function createCall(
  command: Pick<CommandCall, "name" | "mark" | "run" | "file">,
  found: readonly Argument[],
  rule: CommandRule,
): CommandCall {
  const { name, run, file } = command;
  const { origin } = file;
  const offset = file.cursor.commandOffset;
  const common = { part: "script", ...origin, offset } as const;
  const refuse: CommandCall["refuse"] = (message, hint) =>
    new ScriptError(`\\${name}: ${message}.`, { ...common, code: "SCRIPT_COMMAND_REFUSED", hint });
  return {
    ...command,
    offset,
    refuse,
    fail: (message, options) =>
      new ScriptError(`\\${name}: ${message}.`, {
        ...common,
        ...options,
        code: "SCRIPT_COMMAND_FAILED",
      }),
    warn: (message) => file.warn(`\\${name}: ${message}`),
    arguments: new ArgumentReader(found, {
      dropsSemicolon: rule.dropsSemicolon ?? false,
      expander: createExpander(run, {
        refuse,
        warn: (message) => file.warn(message),
        unterminated: ({ offset: at }) => {
          if (!file.script.psqlCompat) {
            throw unterminated("quote", { ...origin, offset: at });
          }
          file.warn("a quote is not closed");
        },
      }),
    }),
  };
}

function isExpanded({ pieces }: Argument): boolean {
  return pieces.some((piece) => piece.kind !== "text");
}
