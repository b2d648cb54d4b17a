import type { Token } from "@pg-mig/psql-script";
import { hasWords, type SqlPhrase } from "./sql-phrase.js";

/** A name as SQL text, each of its parts as it stands in the file. */
export type SqlName = readonly string[];

/** `CREATE INDEX CONCURRENTLY`, as far as it matters here. */
export interface CreateIndexConcurrently {
  /**
   * The index, with the schema of its table where the table has one: an index is always in the schema
   * of its table. `undefined` where the file does not name the index, or not in plain words.
   */
  readonly index: SqlName | undefined;
  /**
   * Whether it is known to hold whole columns of all rows: no expression, no WHERE. Builds of such
   * indexes do not wait for each other: https://www.postgresql.org/docs/current/sql-createindex.html
   * and `PROC_IN_SAFE_IC` in `src/backend/commands/indexcmds.c`.
   */
  readonly plain: boolean;
}

/** `DROP INDEX`. */
export interface DropIndex {
  readonly concurrently: boolean;
  readonly ifExists: boolean;
  readonly indexes: readonly SqlName[];
}

export function parseCreateIndexConcurrently(
  phrase: SqlPhrase,
): CreateIndexConcurrently | undefined {
  let at = hasWords(phrase, 1, "UNIQUE") ? 2 : 1;
  if (!hasWords(phrase, 0, "CREATE") || !hasWords(phrase, at, "INDEX", "CONCURRENTLY")) {
    return;
  }
  at += 2;
  if (hasWords(phrase, at, "IF", "NOT", "EXISTS")) {
    at += 3;
  }
  const name = readName(phrase, at);
  if (name === undefined || name.parts.length > 1 || !hasWords(phrase, name.end, "ON")) {
    return { index: undefined, plain: false };
  }
  const tableAt = name.end + (hasWords(phrase, name.end + 1, "ONLY") ? 2 : 1);
  const table = readName(phrase, tableAt);
  if (table === undefined) {
    return { index: undefined, plain: false };
  }
  const index = [...table.parts.slice(0, -1), ...name.parts];
  return { index, plain: isPlainDefinition(phrase, table.end) };
}

/** Judges what follows the table; `false` for all that it does not know. */
function isPlainDefinition(phrase: SqlPhrase, at: number): boolean {
  const open = hasWords(phrase, at, "USING") ? at + 2 : at;
  if (phrase.tokens[open]?.text !== "(") {
    return false;
  }
  const close = phrase.tokens.findIndex(({ text }, place) => place > open && text === ")");
  const columns = phrase.tokens.slice(open + 1, close);
  const rest = phrase.tokens.slice(close + 1);
  // A call, an operator or a variable is no column; what has a parenthesis may hold anything.
  const areNames = columns.every((token) => isPlainIdentifier(token) || /^[.,]$/.test(token.text));
  return areNames && !rest.some(({ kind, text }) => kind === "word" && /^where$/i.test(text));
}

export function parseDropIndex(phrase: SqlPhrase): DropIndex | undefined {
  if (!hasWords(phrase, 0, "DROP", "INDEX")) {
    return undefined;
  }
  const concurrently = hasWords(phrase, 2, "CONCURRENTLY");
  let at = concurrently ? 3 : 2;
  const ifExists = hasWords(phrase, at, "IF", "EXISTS");
  if (ifExists) {
    at += 2;
  }
  const indexes: SqlName[] = [];
  for (let name = readName(phrase, at); name !== undefined; name = readName(phrase, at)) {
    indexes.push(name.parts);
    at = name.end;
    if (phrase.tokens[at]?.text !== ",") {
      break;
    }
    at++;
  }
  return { concurrently, ifExists, indexes };
}

/** Whether two names, of which one may lack the schema, are the same index to the server. */
export function isSameIndex(a: SqlName, b: SqlName): boolean {
  const [nameA, schemaA] = a.map(foldIdentifier).reverse();
  const [nameB, schemaB] = b.map(foldIdentifier).reverse();
  return nameA === nameB && (schemaA === undefined || schemaB === undefined || schemaA === schemaB);
}

function readName(
  { tokens }: SqlPhrase,
  at: number,
): { readonly parts: SqlName; readonly end: number } | undefined {
  const parts: string[] = [];
  for (let next = at; ; next += 2) {
    const part = tokens[next];
    if (part === undefined || !isPlainIdentifier(part)) {
      return undefined;
    }
    parts.push(part.text);
    if (tokens[next + 1]?.text !== ".") {
      return { parts, end: next + 1 };
    }
  }
}

/** `U&"…"` is none: what it stands for depends on an UESCAPE after it. */
function isPlainIdentifier({ kind, text }: Token): boolean {
  return kind === "word" || (kind === "quoted-identifier" && text.startsWith('"'));
}

/**
 * The identifier in quotes, without them: the server lowers one that has none (in UTF-8, its ASCII
 * letters alone).
 */
function foldIdentifier(text: string): string {
  if (text.startsWith('"')) {
    return text.slice(1, -1);
  }
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
