import {
  type Command,
  isInclude,
  leadingWords,
  type Script,
  type Statement,
  type Token,
} from "@pg-mig/psql-script";

/**
 * What a script may leave in its session:
 * - `none`: nothing;
 * - `droppable`: what `DISCARD ALL` drops;
 * - `lasting`: what it does not drop. A setting whose name has a dot is empty from then on and no
 *   longer unknown, the seed of `random()` stays, and so does a loaded library.
 */
export type Leftovers = "none" | "droppable" | "lasting";

/** What definitions begin with that run no code of the user's which could change the session. */
const definitions = [
  /^CREATE (?:UNLOGGED )?(?:TABLE|SEQUENCE)\b/,
  /^ALTER (?:TABLE|SEQUENCE)\b/,
  /^(?:COMMENT|DROP|GRANT|REVOKE)\b/,
];

/** Words that show that a definition may evaluate expressions or run statements of the user's. */
const runsCode = new Set([
  "AS", // CREATE TABLE … AS
  "CHECK",
  "CONSTRAINT", // may be checked for the rows that are there
  "DEFAULT", // ALTER TABLE … ADD COLUMN … DEFAULT
  "EXCLUDE",
  "FOREIGN",
  "GENERATED",
  "INDEX", // may be on an expression
  "PARTITION", // bounds are expressions, and keys may be
  "TEMP",
  "TEMPORARY",
  "TYPE", // ALTER COLUMN … TYPE casts what is there
  "USING",
  "VALIDATE",
]);

/**
 * The types of PostgreSQL's that a column may have which is added to rows: a domain checks them with code of the
 * user's. They are found in pg_catalog first.
 */
const plainTypes = new Set(
  (
    "BIGINT BOOL BOOLEAN BYTEA CHAR CHARACTER CIDR DATE DECIMAL DOUBLE FLOAT FLOAT4 FLOAT8 INET INT INT2 INT4 INT8 " +
    "INTEGER INTERVAL JSON JSONB MACADDR NUMERIC REAL SMALLINT TEXT TIME TIMESTAMP TIMESTAMPTZ UUID VARCHAR"
  ).split(" "),
);

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
  const first = leadingWords(statement, 3).join(" ");
  if (first === "") {
    return true;
  }
  const tokens = statement.tokens.filter(({ kind }) => kind !== "space" && !isComment(kind));
  const words = tokens.map(({ kind, text }) => (kind === "word" ? text.toUpperCase() : ""));
  return (
    definitions.some((definition) => definition.test(first)) &&
    words.every((word) => !runsCode.has(word)) &&
    tokens.every(({ text }) => !/^(?:U&)?"|^pg_temp/i.test(text) || isPlainName(text)) &&
    (words[0] !== "ALTER" || addsPlainColumns(tokens, words))
  );
}

function isComment(kind: string): boolean {
  return kind.endsWith("comment");
}

/** Whether a quoted name has no escapes, and is not that of the schema of temporary objects. */
function isPlainName(text: string): boolean {
  return text.startsWith('"') && !/^"pg_temp/.test(text);
}

/** Whether all that an ALTER adds are columns, each of a type of PostgreSQL's. */
function addsPlainColumns(tokens: readonly Token[], words: readonly string[]): boolean {
  return words.every((word, index) => {
    if (word !== "ADD") {
      return true;
    }
    const name = words
      .slice(index + 1)
      .findIndex((one) => !["COLUMN", "IF", "NOT", "EXISTS"].includes(one));
    const type = index + 2 + name;
    const isQualified = tokens[type + 1]?.text === ".";
    return name >= 0 && plainTypes.has(words[type] ?? "") && !isQualified;
  });
}
