import { leadingWords, type Script, type Statement } from "@pg-mig/psql-script";

/** Statements that define objects and run no code of the user's that could change the session. */
const DEFINITIONS = new Set(["ALTER", "COMMENT", "CREATE", "DROP", "GRANT", "REVOKE"]);

/** Words that show that a definition may evaluate expressions or run statements of the user's. */
const RUNS_CODE = new Set([
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
 * Whether a script may leave anything behind in its session: settings, a role, temporary tables,
 * prepared statements, advisory locks, a LISTEN. Pure, and careful: only plain definitions of
 * objects, with no call of anything, are known to leave nothing.
 */
export function mayChangeSession(script: Script): boolean {
  return !script.plain || script.statements.some((statement) => !isPlainDefinition(statement));
}

function isPlainDefinition(statement: Statement): boolean {
  const [first = ""] = leadingWords(statement, 1);
  if (first === "") return true;
  const words = statement.tokens.filter(({ kind }) => kind === "word");
  return (
    DEFINITIONS.has(first) &&
    words.every(({ text }) => !RUNS_CODE.has(text.toUpperCase()) && !/^pg_temp/i.test(text))
  );
}
