import { type Command, type Help, Option } from "commander";

/** The help of the program around the lists of commands and options. */
export const programHelp = {
  about:
    "Applies schema migrations to every microshard (schema) of every PostgreSQL node of a cluster, " +
    "in parallel. Each version on each shard is all or nothing; the next run " +
    "resumes where a failed one stopped.\n\nWithout a command it applies.",
  /** Calls, and what each is for, in two columns. */
  examples(list: readonly (readonly [call: string, purpose: string])[]): string {
    const lines = list.map(([call, purpose]) => `  # ${purpose}\n  ${call}`);
    return `Examples:\n${lines.join("\n")}`;
  },
  after: `
Examples:
  # make a version for all shards whose name is "sh" and a digit, then fill in
  # its .up.sql and .dn.sql
  pg-mig make add-users@sh --migdir=mig

  # apply it to the shards of three nodes, looking at the plan first
  pg-mig plan --migdir=mig --hosts=db1,db2,db3:5433 --user=admin --db=app
  pg-mig --migdir=mig --hosts=db1,db2,db3:5433 --user=admin --db=app

  # see where each shard is; undo the latest version
  pg-mig status
  pg-mig undo 20260102030405.add-users.sh

Settings come from the command line, then pg-mig.config.ts (or .js) here and in
the folders above, then the environment variables named in brackets.
pg-mig help COMMAND prints the help of a command, pg-mig help CODE what an
error code means.`,
} as const;

/** The heading of the options that say how the command itself behaves; it is the last. */
export const outputGroup = "Output:";

/** With less room than this, a text stands below what it explains. */
const leastTextWidth = 34;

/** How help is laid out: commands first, and readable in a narrow terminal, too. */
export const helpLayout = {
  minWidthToWrap: 20,
  subcommandTerm: (command: Command) =>
    `${command.name()} ${command.usage().replace(/\[options\] ?/, "")}`.trimEnd(),
  formatItem(term: string, termWidth: number, text: string, helper: Help): string {
    const width = helper.helpWidth ?? 80;
    const room = width - termWidth - 4;
    if (room < leastTextWidth) {
      return `  ${term}\n${indented(helper.boxWrap(text, width - 6), 6)}`;
    }
    return `  ${term.padEnd(termWidth + 2)}${indented(helper.boxWrap(text, room), termWidth + 4).trimStart()}`;
  },
  formatHelp(command: Command, helper: Help): string {
    const width = helper.padWidth(command, helper);
    const section = <Item>(
      heading: string,
      items: readonly Item[],
      read: (item: Item) => readonly [term: string, text: string],
    ) =>
      helper.formatItemList(
        heading,
        items.map((item) => {
          const [term, text] = read(item);
          return helper.formatItem(term, width, text, helper);
        }),
        helper,
      );
    const groups = helper.groupItems(
      [...command.options],
      helper.visibleOptions(command),
      ({ helpGroupHeading = "Options:" }) => helpGroupHeading,
    );
    return [
      `Usage: ${helper.commandUsage(command)}`,
      "",
      helper.boxWrap(helper.commandDescription(command), helper.helpWidth ?? 80),
      "",
      ...section("Commands:", helper.visibleCommands(command), (one) => [
        helper.subcommandTerm(one),
        helper.subcommandDescription(one),
      ]),
      ...section("Argument:", helper.visibleArguments(command), (one) => [
        helper.argumentTerm(one),
        helper.argumentDescription(one),
      ]),
      ...[...groups].sort(outputLast).flatMap(([heading, options]) =>
        // Commander would add what an option means alone: ours say it in words.
        section(heading, options, (one) => [helper.optionTerm(one), one.description]),
      ),
    ].join("\n");
  },
};

function outputLast([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return Number(a === outputGroup) - Number(b === outputGroup);
}

function indented(text: string, columns: number): string {
  return text.replace(/^/gm, " ".repeat(columns));
}

/** The option that prints help. */
export function helpOption(text: string): Option {
  return new Option("-h, --help", text).helpGroup(outputGroup);
}

/** A line of the help as a sentence. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
