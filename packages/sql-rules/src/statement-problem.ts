import type { Problem } from "@pg-mig/model";
import type { SourcePosition } from "@pg-mig/psql-script";
import type { SqlPhrase } from "./sql-phrase.js";

/** A problem at a statement. */
export interface StatementProblem extends Problem {
  readonly where: SourcePosition;
}

export function problemAt(
  { statement }: SqlPhrase,
  message: string,
  hint: string,
): StatementProblem {
  return { message, hint, where: statement.position };
}

export function unnamedIndex(phrase: SqlPhrase): StatementProblem {
  return problemAt(
    phrase,
    "CREATE INDEX CONCURRENTLY without a plain name for the index",
    "Write the name out, with no variable and no U&: it is used to drop what a failed attempt left.",
  );
}
