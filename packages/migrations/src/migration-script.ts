import { isPgMigError } from "@pg-mig/model";
import { parseScript, type Script, tokenize } from "@pg-mig/psql-script";
import {
  judgeTransactions,
  type Limits,
  parseLimits,
  type TransactionUse,
} from "@pg-mig/sql-rules";
import { checksumOf } from "./checksum.js";
import { decodeUtf8 } from "./decode-utf8.js";
import type { FileProblem } from "./problems-error.js";
import type { Direction } from "./version.js";

/** A file of the migration directory, read and checked. */
export interface CheckedScript extends TransactionUse {
  readonly script: Script;
  /** As {@link checksumOf} gives it. */
  readonly checksum: string;
  readonly limits: Limits;
}

/** A version's up or dn file. */
export interface MigrationScript extends CheckedScript {
  readonly version: string;
  readonly direction: Direction;
}

/** A file that is fit to run, or why not. */
export type CheckResult =
  | { readonly checked: CheckedScript }
  | { readonly problems: readonly FileProblem[] };

/**
 * Checks the content of one file: UTF-8, psql's syntax, pseudo comments, transactions. Pure.
 *
 * @param file The file's path, as the user would name it.
 * @param kind `hook` for before.sql and after.sql, which take no limits on parallelism.
 */
export function checkScript(bytes: Uint8Array, place: ScriptPlace): CheckResult {
  return checkContent(contentOf(bytes), place);
}

interface ScriptPlace {
  readonly file: string;
  readonly kind: "version" | "hook";
}

/** What is kept of the bytes of a file: they are not needed any more. */
export interface FileContent {
  readonly text: string;
  /** The offset of the first byte that is no UTF-8; the text has U+FFFD for it. */
  readonly invalidAt: number | undefined;
  readonly checksum: string;
}

/** Decodes a file. Pure. */
export function contentOf(bytes: Uint8Array): FileContent {
  const checksum = checksumOf(bytes);
  const decoded = decodeUtf8(bytes);
  if ("text" in decoded) {
    return { text: decoded.text, invalidAt: undefined, checksum };
  }
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  return { text, invalidAt: decoded.invalidAt, checksum };
}

/** {@link checkScript}, of what was decoded. */
export function checkContent(content: FileContent, { file, kind }: ScriptPlace): CheckResult {
  const { text, invalidAt, checksum } = content;
  const parsed = parse(text, file);
  if (invalidAt !== undefined && !("script" in parsed && isReadable(parsed.script))) {
    const message = `byte ${invalidAt} (counted from 0) is not valid UTF-8`;
    return { problems: [{ message, hint: "Save the file as UTF-8.", where: { file } }] };
  }
  if ("problems" in parsed) {
    return parsed;
  }
  const { script } = parsed;
  const { limits, problems } = parseLimits(script, kind);
  const { problems: faults, ...use } = judgeTransactions(script, limits, kind);
  if (problems.length + faults.length > 0) {
    return { problems: [...problems, ...faults] };
  }
  return { checked: { script, checksum, limits, ...use } };
}

/**
 * Whether a file can be read whose `--` comments are not UTF-8, as psql does: it never sends them. Not if there
 * is anything in the file that only psql understands, such as data, since it could be that.
 */
function isReadable({ plain, text }: Script): boolean {
  return (
    plain &&
    tokenize(text).every((token) => token.kind === "line-comment" || !token.text.includes("\ufffd"))
  );
}

function parse(
  text: string,
  file: string,
): { readonly script: Script } | { readonly problems: readonly FileProblem[] } {
  try {
    return { script: parseScript(text, { file }) };
  } catch (error) {
    return { problems: scriptProblems(error, file) };
  }
}

/** What psql-script found wrong with a script, or with a file that it includes. Other errors are thrown on. */
export function scriptProblems(error: unknown, file: string): readonly FileProblem[] {
  if (!isPgMigError(error)) {
    throw error;
  }
  const found = error.problems.length > 0 ? error.problems : [error];
  return found.map(({ message, hint, where }) => ({
    message: withoutPlace(message, where?.file ?? file),
    hint,
    where: { ...where, file: where?.file ?? file },
  }));
}

/** A problem has its place in `where`; the message of a single error says it too. */
function withoutPlace(message: string, file: string): string {
  if (!message.startsWith(`${file}:`)) {
    return message;
  }
  return message.slice(file.length).replace(/^(?::\d+)*:?\s*/u, "");
}
