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
const definitions = /^(?:CREATE (?:UNLOGGED )?(?:TABLE|SEQUENCE)|COMMENT|DROP|GRANT|REVOKE)\b/;

/** Words that show that a definition may evaluate expressions or run statements of the user's. */
const runsCode = new Set([
  "AS", // CREATE TABLE … AS
  "CHECK",
  "CONSTRAINT",
  "DEFAULT",
  "EXCLUDE",
  "FOREIGN",
  "GENERATED",
  "INDEX",
  "INHERITS", // takes over what another table has, as the next one does
  "LIKE",
  "OF",
  "PARTITION", // bounds are expressions, and keys may be
  "TEMP",
  "TEMPORARY",
  "USING",
]);

/**
 * The only ALTERs that run no code, whatever the table is like: to add columns, and to rename. Others look
 * at the rows, as a domain does, or at expressions: SET NOT NULL computes parts of the checks of the table, DROP of
 * the key of its partitions, UNIQUE of other indexes. The types are found in pg_catalog first.
 */
const plainAlter = (() => {
  const name = String.raw`(?:\w+|")(?: \. (?:\w+|"))?`;
  const type =
    "(?:BIGINT|BOOL|BOOLEAN|BYTEA|CHAR|CHARACTER|CIDR|DATE|DECIMAL|DOUBLE PRECISION|FLOAT|FLOAT4|FLOAT8|INET|INT|INT2|" +
    "INT4|INT8|INTEGER|INTERVAL|JSON|JSONB|MACADDR|NUMERIC|REAL|SMALLINT|TEXT|TIME|TIMESTAMP|TIMESTAMPTZ|UUID|VARCHAR)" +
    String.raw`(?: VARYING)?(?: \( \d+(?: , \d+)? \))?(?: WITH(?:OUT)? TIME ZONE)?(?: \[ (?:\d+ )?\])*`;
  const column = `ADD (?:COLUMN )?(?:IF NOT EXISTS )?(?:\\w+|") ${type}(?: (?:NOT )?NULL)?`;
  const renaming = `RENAME (?:(?:COLUMN )?${name} )?TO ${name}`;
  const actions = `(?:${column}(?: , ${column})*|${renaming})`;
  return new RegExp(`^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?${name} ${actions}$`);
})();

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
  const alters = first.startsWith("ALTER ");
  if (first !== "" && !alters && !definitions.test(first)) {
    return false; // before the tokens are made of what may be rows by the million
  }
  const tokens = statement.tokens.filter(({ kind }) => !empty.has(kind));
  if (first === "" || alters) {
    return tokens.length === 0 || plainAlter.test(tokens.map(shape).join(" "));
  }
  return (
    tokens.every(({ kind, text }) => kind !== "word" || !runsCode.has(text.toUpperCase())) &&
    tokens.every(({ text }) => !/^(?:U&)?"|^pg_temp/i.test(text) || isPlainName(text))
  );
}

/** A word in capital letters; of a quoted name no more than that it is one. */
function shape({ kind, text }: Token): string {
  return kind === "word" ? text.toUpperCase() : text.replace(/^".*"$/s, '"');
}

/** Tokens that do nothing. */
const empty: ReadonlySet<string> = new Set([
  "space",
  "line-comment",
  "block-comment",
  "terminator",
]);

/** Whether a quoted name has no escapes, and is not that of the schema of temporary objects. */
function isPlainName(text: string): boolean {
  return text.startsWith('"') && !/^"pg_temp/.test(text);
}
