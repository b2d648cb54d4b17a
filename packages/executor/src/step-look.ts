/**
 * A query that is asked in the transaction of each step, last before its COMMIT and in the message that is there anyway,
 * and who is told what it gave, if the step was committed. It must find all names wherever the search path leads.
 */
export interface StepLook<L> {
  /** The name of the query's first column, which no file has. */
  readonly column: string;
  sql(ledger: L): string;
  /** Told of the rows, if there are any. */
  take(
    step: { readonly node: string; readonly shard: string; readonly version: string },
    rows: readonly (readonly (string | null)[])[],
  ): void;
}
