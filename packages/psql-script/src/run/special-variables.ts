import { parsePsqlBoolean } from "./psql-boolean.js";

/** A variable whose value psql checks. */
export interface SpecialVariable {
  /** What it has when a script begins; undefined: it is not set. */
  readonly initial: string | undefined;
  /** What `\unset` makes of it. */
  readonly whenUnset: string | undefined;
  /** What an empty value stands for. */
  readonly whenEmpty?: string;
  /** Why a value is refused, or undefined. */
  refuse(value: string): string | undefined;
}

const boolean = (initial: "on" | "off", unsupported?: { on: boolean; why: string }) => ({
  initial,
  whenUnset: "off",
  whenEmpty: "on",
  refuse(value: string): string | undefined {
    const parsed = parsePsqlBoolean(value);
    if (parsed === undefined) {
      return "a boolean is expected";
    }
    return unsupported !== undefined && parsed === unsupported.on ? unsupported.why : undefined;
  },
});

const words = (initial: string, allowed: string, orBoolean: "or-boolean" | "words-only") => ({
  initial,
  whenUnset: initial,
  ...(orBoolean === "or-boolean" ? { whenEmpty: "on" } : {}),
  refuse(value: string): string | undefined {
    const isWord = allowed.split(" ").includes(value.toLowerCase());
    const isBoolean = orBoolean === "or-boolean" && parsePsqlBoolean(value) !== undefined;
    return isWord || isBoolean ? undefined : `the allowed values are ${allowed}`;
  },
});

const integer = (initial: string) => ({
  initial,
  whenUnset: initial,
  refuse: (value: string) =>
    /^\s*[-+]?(?:0x[0-9a-f]+|\d+)$/i.test(value) ? undefined : "an integer is expected",
});

const anything = { initial: undefined, whenUnset: undefined, refuse: () => undefined };

/** psql's variables with a meaning to psql itself. Most change only what psql shows. */
export const specialVariables: ReadonlyMap<string, SpecialVariable> = new Map(
  Object.entries<SpecialVariable>({
    AUTOCOMMIT: boolean("on", { on: false, why: "scripts run with AUTOCOMMIT on" }),
    ON_ERROR_STOP: boolean("on"),
    ON_ERROR_ROLLBACK: words("off", "interactive", "or-boolean"),
    QUIET: boolean("off"),
    SINGLELINE: boolean("off", { on: true, why: "scripts run with SINGLELINE off" }),
    SINGLESTEP: boolean("off", { on: true, why: "there is nobody to ask" }),
    SHOW_ALL_RESULTS: boolean("on"),
    HIDE_TABLEAM: boolean("off"),
    HIDE_TOAST_COMPRESSION: boolean("off"),
    FETCH_COUNT: integer("0"),
    HISTSIZE: integer("500"),
    IGNOREEOF: { ...anything, initial: "0", whenUnset: "0", whenEmpty: "10" },
    ECHO: words("none", "none errors queries all", "words-only"),
    ECHO_HIDDEN: words("off", "noexec", "or-boolean"),
    COMP_KEYWORD_CASE: words(
      "preserve-upper",
      "lower upper preserve-lower preserve-upper",
      "words-only",
    ),
    HISTCONTROL: words("none", "none ignorespace ignoredups ignoreboth", "words-only"),
    VERBOSITY: words("default", "default verbose terse sqlstate", "words-only"),
    SHOW_CONTEXT: words("errors", "never errors always", "words-only"),
    PROMPT1: { ...anything, initial: "%/%R%x%# ", whenUnset: "%/%R%x%# " },
    PROMPT2: { ...anything, initial: "%/%R%x%# ", whenUnset: "%/%R%x%# " },
    PROMPT3: { ...anything, initial: ">> ", whenUnset: ">> " },
  }),
);
