import { settingDefinitions } from "@pg-mig/config";
import type { CommandDefinition, CommandOption } from "./command-definition.js";
import { commands } from "./command-table.js";
import { exitStatusTexts } from "./exit-status.js";
import { programHelp, sentence } from "./help-text.js";
import { actionOptions, completionCommand, helpCommand, optionOf } from "./option-table.js";

/** What the page needs to know of a command. */
type DescribedCommand = Pick<CommandDefinition, "name" | "help" | "argument" | "details"> &
  Partial<Pick<CommandDefinition, "options" | "examples">>;

/** The manual page of the command, for man: made from the tables that its help is made from. Pure. */
export function manPage(): string {
  const all: readonly DescribedCommand[] = [...commands, helpCommand, completionCommand];
  const groups = [...new Set(settingDefinitions.flatMap(([, { group }]) => group ?? []))];
  const lines = [
    '.\\" Made from the tables of the command: npm run check says how.',
    '.TH PG\\-MIG 1 "" "pg\\-mig" "User Commands"',
    ".SH NAME",
    "pg\\-mig \\- schema migrations for PostgreSQL clusters of microshards",
    ".SH SYNOPSIS",
    ".B pg\\-mig",
    ".RI [ command ]",
    ".RI [ options ]",
    ".SH DESCRIPTION",
    ...paragraphs(programHelp.about),
    ".SH COMMANDS",
    ...all.flatMap(commandLines),
    ".SH OPTIONS",
    ...text(
      "Each may stand before the command and after it. A setting that has no effect on a command is refused there; pg-mig help COMMAND lists those that have one.",
    ),
    ...groups.flatMap((group) => [
      `.SS ${roff(group)}`,
      ...settingDefinitions
        .filter(([, definition]) => definition.group === group)
        .flatMap(([setting]) => optionOf(setting))
        .flatMap(optionLines),
    ]),
    ".SS Options of pg\\-mig 2.x, and the command of each",
    ...actionOptions.flatMap(optionLines),
    ".SH EXIT STATUS",
    ...exitStatusTexts.flatMap(([status, means]) => [".TP", `.B ${status}`, ...text(means)]),
    ".SH ENVIRONMENT",
    ...text(
      "Variables of libpq mean what they mean to psql. A list in PGHOST means nodes. These are settings, too:",
    ),
    ...settingDefinitions.flatMap(([, { variable, help }]) =>
      variable === undefined ? [] : [".TP", `.B ${roff(variable)}`, ...text(help)],
    ),
    ".SH FILES",
    ".TP",
    ".I pg\\-mig.config.ts",
    ...text(
      "Settings, in the working directory and the folders above it, also as mts, cts, js, mjs or cjs. A setting of the command line is stronger, one of the environment weaker.",
    ),
    ".SH SEE ALSO",
    ".BR psql (1)",
    ".PP",
    ...text("https://github.com/pg-mig/pg-mig"),
  ];
  return `${lines.join("\n")}\n`;
}

function commandLines({
  name,
  help,
  argument,
  details = "",
  options = [],
  examples = [],
}: DescribedCommand): string[] {
  return [
    `.SS ${roff([name, ...(argument === undefined ? [] : [argument.name])].join(" "))}`,
    ...text(sentence(help)),
    ...(details === "" ? [] : [".PP", ...paragraphs(details)]),
    ...options.flatMap(optionLines),
    ...examples.flatMap(([call, purpose]) => [
      ".PP",
      ...text(sentence(purpose).replace(/\.$/, ":")),
      ".RS",
      `.B ${roff(call)}`,
      ".RE",
    ]),
  ];
}

function optionLines({ flags, help }: CommandOption): string[] {
  return [".TP", `.B ${roff(flags)}`, ...text(help)];
}

function paragraphs(words: string): string[] {
  return words
    .split("\n\n")
    .flatMap((paragraph, i) => [...(i === 0 ? [] : [".PP"]), ...text(paragraph)]);
}

/** A line of text: never taken for a request of roff. */
function text(words: string): string[] {
  return words.split("\n").map((part) => roff(part).replace(/^(?=[.'])/, "\\&"));
}

/** Escapes what roff would take for a command of its own. */
function roff(words: string): string {
  return words.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll('"', "\\(dq");
}
