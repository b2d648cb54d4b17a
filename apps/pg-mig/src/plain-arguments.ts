/** A command line in which an option that is given or not is there or not, and has no value. */
export interface PlainArguments {
  readonly args: readonly string[];
  /** What is said not to be: `createdb` for `--createdb=false`. Names of options without dashes. */
  readonly off: readonly string[];
}

const truth: Readonly<Record<string, boolean>> = {
  ...{ true: true, yes: true, on: true, 1: true },
  ...{ false: false, no: false, off: false, 0: false },
};

/**
 * Turns what says yes or no of an option into the option or nothing: `--dry=true`, `--dry=false`,
 * `--no-dry`. Of several the last counts; an empty value says nothing. A word after `--dry`
 * other than `sql` is not its value: `undo --dry VERSION` is `undo VERSION --dry`. Everything else stays as it
 * is, whatever is wrong with it. Pure.
 *
 * @param spellings All options as the help spells them: `--port <number>`, `--dry [sql]`, `--no-shell`. Those with
 * a letter besides stay as they are.
 */
export function plainArguments(
  args: readonly string[],
  spellings: readonly string[],
): PlainArguments {
  const switches = new Map<string, string>();
  const takers = new Set<string>();
  const mayTake = new Set<string>();
  for (const spelling of spellings) {
    const [, option = "", value = ""] = /^(--[\w-]+)(?: (.*))?$/.exec(spelling) ?? [];
    if (option === "") {
      continue;
    }
    if (value.startsWith("<")) {
      takers.add(option);
    } else if (value === "" || value === "[sql]") {
      switches.set(baseOf(option), option);
      if (value !== "") {
        mayTake.add(option);
      }
    }
  }
  let plain: { readonly text: string; readonly base?: string }[] = [];
  const off = new Set<string>();
  for (let at = 0; at < args.length; at++) {
    const text = args[at] ?? "";
    if (text === "--") {
      plain.push(...args.slice(at).map((rest) => ({ text: rest })));
      break;
    }
    const [, option = "", value] = /^(--[^=]+)(?:=(.*))?$/s.exec(text) ?? [];
    const base = baseOf(option);
    const spelled = switches.get(base);
    const said = value === undefined ? true : truth[value.toLowerCase()];
    if (takers.has(text) || spelled === undefined || (said === undefined && value !== "")) {
      plain.push({ text });
      if (takers.has(text) && at + 1 < args.length) {
        // The next one is its value, whatever it looks like.
        at++;
        plain.push({ text: args[at] ?? "" });
      }
      continue;
    }
    if (said === undefined) {
      continue;
    }
    plain = plain.filter((one) => one.base !== base);
    off.delete(base);
    if ((option === spelled) === said) {
      const next = args[at + 1];
      if (mayTake.has(spelled) && next !== undefined && !/^-|^sql$/.test(next)) {
        // What follows is not meant as its value: it comes first, where it cannot be taken for that.
        at++;
        plain.push({ text: next });
      }
      plain.push({ text: spelled, base });
    } else if (spelled === `--${base}`) {
      off.add(base);
    }
  }
  return { args: plain.map(({ text }) => text), off: [...off] };
}

/** `dry` for `--dry` and for `--no-dry`. */
function baseOf(option: string): string {
  return option.replace(/^--(?:no-)?/, "");
}
