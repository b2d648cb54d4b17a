import { type ErrorLocation, PgMigError, type Problem } from "@pg-mig/model";

/** A problem of a file of the migration directory. */
export interface FileProblem extends Problem {
  readonly where: ErrorLocation & { readonly file: string };
}

/**
 * Makes one error of all that was found wrong: `problems` by file, line and column; message, hint and
 * place of the first.
 */
export function problemsError(
  code: "MIGRATION_DIRECTORY_INVALID" | "MIGRATION_FILE_INVALID",
  problems: readonly [FileProblem, ...FileProblem[]],
): PgMigError {
  const sorted = [...problems].sort(compareProblems);
  const { message, hint, where } = sorted[0] ?? problems[0];
  const place = [where.file, where.line, where.column].filter((part) => part !== undefined);
  const others = sorted.length - 1;
  const more = others === 0 ? "" : ` (and ${others} more problem${others === 1 ? "" : "s"})`;
  return new PgMigError(`${place.join(":")}: ${message}${more}`, {
    code,
    hint,
    where,
    problems: sorted,
  });
}

function compareProblems({ where: a }: FileProblem, { where: b }: FileProblem): number {
  if (a.file !== b.file) {
    return a.file < b.file ? -1 : 1;
  }
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
