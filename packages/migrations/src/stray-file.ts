import type { Problem } from "@pg-mig/model";
import { nearestWord } from "@pg-mig/model";
import { parseMigrationFileName } from "./version.js";

/** Files that the tool knows by their whole name. */
export const specialFiles = { before: "before.sql", after: "after.sql" } as const;

const downWords = new Set(["dn", "down", "undo", "rollback", "revert"]);

/**
 * Tells whether a file of the migration directory must not be there: its name ends in `.sql` and is
 * none of the names that the tool knows. A name that only differs in case from a migration's is
 * stray too: it was meant to be one, and would be skipped in silence.
 */
export function isStrayFile(fileName: string): boolean {
  if (fileName === specialFiles.before || fileName === specialFiles.after) {
    return false;
  }
  if (parseMigrationFileName(fileName) !== undefined) {
    return false;
  }
  return fileName.endsWith(".sql") || parseMigrationFileName(lowerEnding(fileName)) !== undefined;
}

/** Says why a stray file's name is wrong, and what was probably meant. */
export function describeStrayFile(fileName: string): Pick<Problem, "message" | "hint"> {
  const original = copiedFrom(fileName);
  if (original !== undefined) {
    return { message: `looks like a copy of ${original}`, hint: "Delete it." };
  }
  const meant = guessFileName(fileName);
  return {
    message: `not the name of a migration: ${faultOf(fileName)}`,
    hint:
      meant === undefined
        ? "Name it <digits>.<title>.<prefix>.up.sql or .dn.sql, or move it to a sub-folder, where included files live."
        : `Did you mean ${meant}?`,
  };
}

/** What file managers and browsers add to the name of a copy, before or after the original's. */
const copyMarks = [
  / ?\(\d+\)(?=\.sql$)/iu, // name (1).sql
  /(?: -)? copy(?: \d+| \(\d+\))?(?=\.sql$)/iu, // name copy 2.sql, name - Copy (2).sql
  / \d+(?=\.sql$)/iu, // name 2.sql
  /^copy (?:\(?\d+\)? )?of /iu, // Copy of name.sql
];

/** The file that a file's name says it is a copy of; `undefined`: none that the tool knows. */
function copiedFrom(fileName: string): string | undefined {
  return copyMarks
    .map((mark) => fileName.replace(mark, ""))
    .find((original) => original !== fileName && !isStrayFile(original));
}

function faultOf(fileName: string): string {
  const parts = fileName.replace(/\.sql$/iu, "").split(".");
  if (!/^\d+$/u.test(parts[0] ?? "")) {
    return "it does not start with the digits of a timestamp";
  }
  if (!["up", "dn"].includes(parts.at(-1) ?? "")) {
    return "it does not end in .up.sql or .dn.sql";
  }
  if (/[\\"]/u.test(fileName)) {
    return `a title and a prefix hold no backslash and no "`;
  }
  if (parts.length > 4) {
    return "a title and a prefix hold no dot";
  }
  return "it is not <digits>.<title>.<prefix>.up.sql or .dn.sql";
}

function guessFileName(fileName: string): string | undefined {
  const parts = lowerEnding(fileName)
    .replace(/\.sql$/u, "")
    .split(".");
  if (parts.length === 1) {
    return nearestWord(fileName, Object.values(specialFiles));
  }
  const ending = downWords.has(parts.at(-1) ?? "") ? "dn" : "up";
  const hasEnding = ending === "dn" || parts.at(-1) === "up";
  const body = hasEnding ? parts.slice(0, -1) : parts;
  // An ending in the midst, as in "1.a.sh.up_backup_1.sql": a backup, not a name with a slip.
  const isBackup = body.slice(1).some((part) => /^(?:up|dn)(?![a-z0-9])/iu.test(part));
  if (isBackup || (!hasEnding && parts.length > 3)) {
    return undefined;
  }
  const guess = `${body[0]}.${body.slice(1, -1).join("-")}.${body.at(-1)}.${ending}.sql`;
  return parseMigrationFileName(guess) === undefined ? undefined : guess;
}

function lowerEnding(fileName: string): string {
  return fileName.replace(/\.[^.]+\.sql$/iu, (ending) => ending.toLowerCase());
}
