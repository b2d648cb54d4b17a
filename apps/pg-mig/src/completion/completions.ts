import type { CommandDefinition, CommandOption, PossibleValues } from "../command-definition.js";

/** A word that may stand where the cursor is. */
export interface Completion {
  readonly word: string;
  readonly about?: string | undefined;
}

/** What may stand where the cursor is. */
export interface Completions {
  readonly list: readonly Completion[];
  /** What the shell offers if the list is empty. */
  readonly otherwise: "nothing" | "files" | "directories";
}

/** What a command line is made of. */
export interface CompletionTable {
  readonly commands: readonly Pick<CommandDefinition, "name" | "help" | "argument">[];
  /** The options of a command; `undefined`: those of the program. */
  options(command: string | undefined): readonly CommandOption[];
}

/** What has to be looked up. Neither rejects: what cannot be found out has no names. */
export interface CompletionNames {
  /** The versions on disk, in order. */
  versions(): Promise<readonly string[]>;
  /** The values of what `--only` can ask for, by its key. */
  conditions(): Promise<Readonly<Record<string, readonly string[]>>>;
}

/**
 * What may stand for the last of some words: those after the name of the program, up to the cursor. The
 * completions are whole words: `--color=auto` for `--color=a`.
 */
export async function completionsOf(
  words: readonly string[],
  table: CompletionTable,
  names: CompletionNames,
): Promise<Completions> {
  const typed = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const { command, hasArgument } = readBefore(before, table);
  const options = table.options(command?.name);
  const find = (name: string) => options.find(({ flags }) => longName(flags) === name);
  const [, assigned, value = ""] = /^(--[a-z-]+)=(.*)$/s.exec(typed) ?? [];
  if (assigned !== undefined) {
    return valuesOf(find(assigned)?.values, { head: `${assigned}=`, text: value }, names);
  }
  const last = find(before.at(-1) ?? "");
  if (last !== undefined && needsValue(last)) {
    return valuesOf(last.values, { head: "", text: typed }, names);
  }
  if (typed.startsWith("-")) {
    const list = options.map(({ flags, help }) => ({ word: longName(flags), about: help }));
    return { list: startingWith(typed, list), otherwise: "nothing" };
  }
  if (command === undefined) {
    const list = table.commands.map(({ name, help }) => ({ word: name, about: help }));
    return { list: startingWith(typed, list), otherwise: "nothing" };
  }
  return hasArgument
    ? { list: [], otherwise: "nothing" }
    : valuesOf(command.argument?.values, { head: "", text: typed }, names);
}

/** The command that was typed already, and whether its argument was, unless it takes several. */
function readBefore(before: readonly string[], table: CompletionTable) {
  let command: CompletionTable["commands"][number] | undefined;
  let hasArgument = false;
  let isValue = false;
  for (const word of before) {
    if (isValue) {
      isValue = false;
    } else if (word.startsWith("-")) {
      const option = table.options(command?.name).find(({ flags }) => longName(flags) === word);
      isValue = option !== undefined && needsValue(option);
    } else if (command === undefined) {
      command = table.commands.find(({ name }) => name === word);
    } else {
      hasArgument = command.argument?.name.includes("...") !== true;
    }
  }
  return { command, hasArgument };
}

async function valuesOf(
  values: PossibleValues = [],
  { head, text }: { readonly head: string; readonly text: string },
  names: CompletionNames,
): Promise<Completions> {
  switch (values) {
    case "files":
    case "directories":
      return { list: [], otherwise: values };
    case "versions": {
      const versions = await names.versions();
      return words(versions.toReversed());
    }
    case "conditions":
      return words(await conditions(text, names));
    default:
      return words(values);
  }
  function words(list: readonly string[]): Completions {
    const found = list.map((word) => ({ word: `${head}${word}` }));
    return { list: startingWith(`${head}${text}`, found), otherwise: "nothing" };
  }
}

/** For `region=eu,sh` the conditions that begin with `sh`; the ones before them stay. */
async function conditions(text: string, names: CompletionNames): Promise<readonly string[]> {
  const known = await names.conditions();
  const done = text.slice(0, text.lastIndexOf(",") + 1);
  const [, key] = /^([^=]*)=/.exec(text.slice(done.length)) ?? [];
  const list =
    key === undefined
      ? ["failed", ...Object.keys(known).map((name) => `${name}=`)]
      : (known[key] ?? []).map((value) => `${key}=${value}`);
  return list.map((condition) => `${done}${condition}`);
}

/** What a shell would take apart, or obey, is not offered. */
const safe = /^[\w@%+:,./*?=-]+$/;

function startingWith(typed: string, list: readonly Completion[]): Completion[] {
  return list.filter(({ word }) => word.startsWith(typed) && safe.test(word));
}

/** `--hosts` for `--hosts <list>`. */
function longName(flags: string): string {
  return /--[a-z-]+/.exec(flags)?.[0] ?? "";
}

function needsValue({ flags }: CommandOption): boolean {
  return flags.includes("<");
}
