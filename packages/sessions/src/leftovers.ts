import {
  type Command,
  isInclude,
  leadingWords,
  type Script,
  type Statement,
} from "@pg-mig/psql-script";

/**
 * What a script may leave in its session:
 * - `none`: nothing;
 * - `droppable`: what `DISCARD ALL` drops;
 * - `lasting`: what it does not drop. A setting whose name has a dot is empty from then on and no
 *   longer unknown, the seed of `random()` stays, and so does a loaded library.
 */
export type Leftovers = "none" | "droppable" | "lasting";

/** Statements that define objects and run no code of the user's that could change the session. */
const definitions = new Set(["ALTER", "COMMENT", "CREATE", "DROP", "GRANT", "REVOKE"]);

/** Words that show that a definition may evaluate expressions or run statements of the user's. */
const runsCode = new Set([
  "AS", // CREATE TABLE … AS
  "ATTACH", // checks the rows of the partition
  "CHECK",
  "DEFAULT", // ALTER TABLE … ADD COLUMN … DEFAULT
  "EXTENSION",
  "GENERATED",
  "INDEX", // may be on an expression
  "SCHEMA", // CREATE SCHEMA may hold other statements
  "TEMP",
  "TEMPORARY",
  "USING", // ALTER COLUMN … TYPE … USING
  "VALIDATE",
]);

/**
 * What makes lasting leftovers, wherever it stands: in strings, too, since DO, EXECUTE and \gexec run
 * them. To take a comment for it only costs a connection. What functions do that the script calls is
 * not seen.
 */
const lastingWords = new RegExp(
  [
    // SET a.b, SET LOCAL "a"."b", and names that variables hold
    String.raw`\bSET\s+(?:(?:SESSION|LOCAL)\s+)?(?:"[^"]*"|[^\s"=.;]+)?\s*(?:\.|:[\w"'])`,
    // set_config('a.b', …) and names that are computed
    String.raw`\bset_config\b(?!\s*\(\s*'[^'.]*'\s*,)`,
    String.raw`\bsetseed\b`,
    String.raw`\bLOAD\s*'`,
  ].join("|"),
  "i",
);

/**
 * Judges what a script may leave in its session. Pure, and careful: only plain definitions of objects that
 * call nothing are known to leave nothing.
 */
export function leftoversOf(script: Script): Leftovers {
  let leftovers = judged.get(script);
  if (leftovers === undefined) {
    leftovers = judge(script);
    judged.set(script, leftovers);
  }
  return leftovers;
}

/** A script runs on thousands of shards. */
const judged = new WeakMap<Script, Leftovers>();

function judge(script: Script): Leftovers {
  if (script.plain && script.statements.every(isPlainDefinition)) {
    return "none";
  }
  const scripts = [script, ...script.includes.values()];
  const lasting = scripts.some(
    ({ text, commands }) => lastingWords.test(text) || includesUnknown(commands),
  );
  return lasting ? "lasting" : "droppable";
}

/** Whether a file is included that was not read beforehand. */
function includesUnknown(commands: readonly Command[]): boolean {
  const includes = commands.filter(isInclude);
  return (
    includes.some(({ text, conditional }) => conditional || /[:`]/.test(text)) ||
    (includes.length > 0 && commands.some(({ name }) => name === "cd"))
  );
}

function isPlainDefinition(statement: Statement): boolean {
  const [first = ""] = leadingWords(statement, 1);
  if (first === "") {
    return true;
  }
  const words = statement.tokens.filter(({ kind }) => kind === "word");
  return (
    definitions.has(first) &&
    words.every(({ text }) => !runsCode.has(text.toUpperCase()) && !/^pg_temp/i.test(text))
  );
}
