import { quoteIdentifier } from "@pg-mig/model";

/**
 * The constant functions that hold what the tool remembers. Functions, not tables, so that
 * `pg_dump --schema-only`, which is how a microshard is copied to another node, carries them along.
 */
export type ConstFunctionName =
  | "mig_versions_const"
  | "mig_digest_const"
  | "mig_rerun_fingerprint_const";

/** What a constant function holds. */
export interface ConstFunctionBody {
  /** The text that the function returns. */
  readonly value: string;
  /** The JSON after the value, in a comment, which other tools never see. `undefined`: there is none. */
  readonly details?: unknown;
}

/**
 * Renders the statements that store a constant function: first those that undo what a migration may
 * have left in the way (another role, another `search_path`), then the function itself, whose
 * `SET search_path FROM CURRENT` then names the schema alone. To be run in a transaction. No name in
 * them is looked up in a schema of others, nor among temporary objects.
 */
export function storeConstFunctionSql(
  schema: string,
  name: ConstFunctionName,
  stored: string,
): string[] {
  return [
    // Always: who logs in may have another role from the beginning, by ALTER ROLE … SET role.
    "RESET SESSION AUTHORIZATION",
    `SET LOCAL search_path TO ${quoteIdentifier(schema)}`,
    "SET LOCAL check_function_bodies TO off",
    renderConstFunction(schema, name, stored),
  ];
}

/** Renders `CREATE OR REPLACE FUNCTION` in the form that pg-mig 2.x writes, byte for byte. */
export function renderConstFunction(
  schema: string,
  name: ConstFunctionName,
  stored: string,
): string {
  return (
    `CREATE OR REPLACE FUNCTION ${quoteIdentifier(schema)}.${name}() RETURNS pg_catalog.text ` +
    `LANGUAGE sql SET search_path FROM CURRENT AS ${dollarQuote(stored)}`
  );
}

/** Renders what `pg_proc.prosrc` will hold. */
export function renderConstFunctionBody({ value, details }: ConstFunctionBody): string {
  return renderEscapedBody(
    textForLiteral(value),
    details === undefined ? undefined : jsonForComment(JSON.stringify(details)),
  );
}

/**
 * The same from texts that {@link textForLiteral} and {@link jsonForComment} have given. The details go into a
 * comment after the value, where evaluating the function does not see them.
 */
export function renderEscapedBody(value: string, details: string | undefined): string {
  return ` SELECT '${value}'; ${details === undefined ? "" : `/* pg-mig ${details} */ `}`;
}

/**
 * Reads `pg_proc.prosrc` of a constant function. Returns `undefined` for any text that is not
 * `SELECT '…';` with at most one comment after it; a comment that holds no details of ours is
 * ignored.
 */
export function parseConstFunctionBody(prosrc: string): ConstFunctionBody | undefined {
  const [head] = /^\s*SELECT\s+'/i.exec(prosrc) ?? [];
  if (head === undefined) {
    return undefined;
  }
  const literal = literalFrom(prosrc, head.length);
  if (literal === undefined) {
    return undefined;
  }
  const value = literal.replaceAll("''", "'");
  const rest = prosrc.slice(head.length + literal.length + 1).trim();
  const comment = rest.startsWith(";") ? rest.slice(1).trim() : rest;
  if (comment === "") {
    return { value };
  }
  if (!isComment(comment)) {
    return undefined;
  }
  const details = parseDetails(comment.slice(2, -2));
  return details === undefined ? { value } : { value, details };
}

/**
 * The text from `from` to the quote that ends a literal; `undefined`: nothing ends it. It can have
 * megabytes, which no regular expression with a repeated group gets through.
 */
function literalFrom(text: string, from: number): string | undefined {
  for (let at = text.indexOf("'", from); at !== -1; at = text.indexOf("'", at + 2)) {
    if (text[at + 1] !== "'") {
      return text.slice(from, at);
    }
  }
  return undefined;
}

function isComment(text: string): boolean {
  return text.length >= 4 && text.startsWith("/*") && text.endsWith("*/");
}

function parseDetails(comment: string): unknown {
  const text = comment.trim();
  if (!/^pg-mig\s/.test(text)) {
    return undefined;
  }
  try {
    return JSON.parse(text.slice("pg-mig".length));
  } catch {
    return undefined;
  }
}

/** A text, or a piece of one, as it stands between the quotes of a literal. */
export function textForLiteral(text: string): string {
  return text.replaceAll("'", "''");
}

/** JSON, or a piece of it, without "/" or "$": it can neither open nor close a comment, nor close a dollar quote. */
export function jsonForComment(json: string): string {
  return json.replaceAll("/", "\\u002f").replaceAll("$", "\\u0024");
}

function dollarQuote(text: string): string {
  let tag = "$$";
  for (let n = 0; text.includes(tag); n++) {
    tag = `$mig${n}$`;
  }
  return `${tag}${text}${tag}`;
}
