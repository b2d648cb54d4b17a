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
export function checkScript(
  bytes: Uint8Array,
  { file, kind }: { readonly file: string; readonly kind: "version" | "hook" },
): CheckResult {
  const decoded = decodeUtf8(bytes);
  const parsed = "text" in decoded ? parse(decoded.text, file) : readDespiteComments(bytes, file);
  if (parsed === undefined) {
    const { invalidAt } = decoded as Extract<typeof decoded, { readonly invalidAt: number }>;
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
  return { checked: { script, checksum: checksumOf(bytes), limits, ...use } };
}

/**
 * Reads a file whose `--` comments are not UTF-8, as psql does: it never sends them. Not if there is
 * anything in the file that only psql understands, such as data, since it could be that.
 */
function readDespiteComments(
  bytes: Uint8Array,
  file: string,
): { readonly script: Script } | undefined {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const parsed = parse(text, file);
  const isReadable = tokenize(text).every(
    (token) => token.kind === "line-comment" || !token.text.includes("\ufffd"),
  );
  return isReadable && "script" in parsed && parsed.script.plain ? parsed : undefined;
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
