import { PgMigError } from "@pg-mig/errors";

/** One thing that is wrong with one file of the migration directory. */
export interface MigrationProblem {
  /** The file, as the user would name it. */
  readonly file: string;
  /** The line in the file, from 1, where the problem has a place in the text. */
  readonly line?: number | undefined;
  /** The column in the line, in characters, from 1. */
  readonly column?: number | undefined;
  /** What is wrong: one sentence. */
  readonly message: string;
  /** What to do: one sentence. */
  readonly hint?: string | undefined;
}

/**
 * Files of a migration directory that cannot be used: every problem of every file at once, in the
 * order of file names and of lines. `code` is `MIGRATION_DIRECTORY_INVALID` where the names are
 * wrong, `MIGRATION_FILE_INVALID` where the content is.
 */
export class MigrationProblemsError extends PgMigError {
  override readonly name: string = "MigrationProblemsError";
  /** At least one. */
  readonly problems: readonly MigrationProblem[];

  constructor(
    code: "MIGRATION_DIRECTORY_INVALID" | "MIGRATION_FILE_INVALID",
    problems: readonly [MigrationProblem, ...MigrationProblem[]],
  ) {
    const sorted = [...problems].sort(compareProblems);
    const [first = problems[0]] = sorted;
    const { file, line, column, hint } = first;
    const others =
      sorted.length === 1
        ? ""
        : ` (and ${sorted.length - 1} more problem${sorted.length === 2 ? "" : "s"})`;
    super(`${renderPlace(first)}: ${first.message}${others}`, {
      code,
      hint,
      where: { file, line, column },
    });
    this.problems = sorted;
  }
}

/** Writes a problem as one line, `file:line:column: sentence`; the hint is left to the caller. */
export function renderProblem(problem: MigrationProblem): string {
  return `${renderPlace(problem)}: ${problem.message}`;
}

function renderPlace({ file, line, column }: MigrationProblem): string {
  return [file, line, column].filter((part) => part !== undefined).join(":");
}

function compareProblems(a: MigrationProblem, b: MigrationProblem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
