import type { SqlPhrase } from "./sql-phrase.js";

/** Commands that are refused in a transaction whatever follows, by the words that they begin with. */
const alwaysOutside = [
  "DROP INDEX CONCURRENTLY",
  "VACUUM",
  "CREATE DATABASE",
  "DROP DATABASE",
  "CREATE TABLESPACE",
  "DROP TABLESPACE",
  "ALTER SYSTEM",
  "DISCARD ALL",
  "COMMIT PREPARED",
  "ROLLBACK PREPARED",
];

/**
 * Names a command that PostgreSQL (14 and later) refuses inside a transaction block, as a user would
 * call it; `undefined` for all others.
 *
 * What depends on the database is left to the server: REINDEX and CLUSTER of a partitioned table,
 * DROP and ALTER SUBSCRIPTION, CREATE SUBSCRIPTION with an explicit `create_slot` or `connect`.
 */
export function outsideTransactionName(phrase: SqlPhrase): string | undefined {
  const { words, tokens } = phrase;
  const text = words.map((word) => word || "?").join(" ");
  const always = alwaysOutside.find((name) => text === name || text.startsWith(`${name} `));
  if (always !== undefined) {
    return always;
  }
  if (/^CREATE (?:UNIQUE )?INDEX CONCURRENTLY(?: |$)/.test(text)) {
    return "CREATE INDEX CONCURRENTLY";
  }
  if (/^ALTER DATABASE \S+ SET TABLESPACE /.test(text)) {
    return "ALTER DATABASE … SET TABLESPACE";
  }
  if (/^ALTER TABLE .* DETACH PARTITION .* CONCURRENTLY$/.test(text)) {
    return "ALTER TABLE … DETACH PARTITION … CONCURRENTLY";
  }
  if (text.startsWith("CREATE SUBSCRIPTION ")) {
    return words.includes("CREATE_SLOT") || words.includes("CONNECT")
      ? undefined
      : "CREATE SUBSCRIPTION";
  }
  const { options, rest } = splitOptions({ words, tokens });
  if (words[0] === "REINDEX") {
    return reindexName(options, rest);
  }
  return words[0] === "CLUSTER" && rest.every((word) => word === "VERBOSE")
    ? "CLUSTER without a table"
    : undefined;
}

function reindexName(options: readonly string[], rest: readonly string[]): string | undefined {
  const place = options.indexOf("CONCURRENTLY");
  const switchedOff = place >= 0 && ["FALSE", "OFF", "0"].includes(options[place + 1] ?? "");
  if (rest[1] === "CONCURRENTLY" || (place >= 0 && !switchedOff)) {
    return "REINDEX … CONCURRENTLY";
  }
  return ["SCHEMA", "DATABASE", "SYSTEM"].includes(rest[0] ?? "")
    ? `REINDEX ${rest[0]}`
    : undefined;
}

/** Takes apart `COMMAND (options) rest`; numbers of the options stay, as their text. */
function splitOptions({ words, tokens }: Pick<SqlPhrase, "words" | "tokens">) {
  if (tokens[1]?.text !== "(") {
    return { options: [], rest: words.slice(1) };
  }
  const close = tokens.findIndex(({ text }) => text === ")");
  const options = tokens.slice(2, close).map(({ text }) => text.toUpperCase());
  return { options, rest: words.slice(close + 1) };
}
