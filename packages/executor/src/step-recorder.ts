import type { SessionClient, SessionNode } from "@pg-mig/sessions";

/**
 * What the executor needs of a ledger: how a shard is guarded, how a version is recorded. The
 * executor never looks into a ledger of type `L`; it hands it from one method to the next.
 */
export interface StepRecorder<L> {
  /**
   * Statements that take the shard, without waiting, and check that its ledger is still `ledger`;
   * they fail otherwise. `scope` is how long the shard stays taken.
   */
  takeSql(ledger: L, scope: "transaction" | "session"): readonly string[];
  /** The same for a transaction, by statements that `sql` has prepared in the session. @default none */
  readonly prepared?: {
    readonly sql: readonly string[];
    takeSql(ledger: L): readonly string[];
  };
  /** A statement after those that fails if there are event triggers, and its refusal; `prepared` has it. @default none */
  readonly eventTriggers?: {
    readonly refuseSql: string;
    isRefused(error: { readonly sqlState?: string | undefined; readonly message: string }): boolean;
  };
  /** Whether an error of the server is a refusal of {@link takeSql}, and which. */
  takeFailure(error: {
    readonly sqlState?: string | undefined;
    readonly message: string;
  }): "shard-taken" | "ledger-changed" | undefined;
  /** Statements that fail unless a ledger is stored as {@link record} gives it: something may have changed it at once. */
  checkSql(ledger: L): readonly string[];
  /** Whether an error of the server is a refusal of {@link checkSql}. */
  isNotStored(error: { readonly sqlState?: string | undefined; readonly message: string }): boolean;
  /**
   * A query for the processes, as one column of pids, that have taken the shard. Without it a run
   * cannot say who they are.
   */
  holdersSql?(ledger: L): string;
  /** What to do about a version that a server has refused, in a sentence, if the ledger says why. @default nothing */
  refusalHint?(ledger: L, error: { readonly sqlState?: string | undefined }): string | undefined;
  /** Renders what records a version, done now, in a ledger. */
  record(ledger: L, version: string): StepRecord<L>;
  /**
   * Reads the ledger of a shard of this node again and plans what is still to run there.
   *
   * @throws PgMigError if what the ledger says now does not fit the versions on disk.
   */
  replan(client: SessionClient, ledger: L, node: SessionNode): Promise<Replanned<L>>;
}

/** How a version is recorded. */
export interface StepRecord<L> {
  /** Statements that record it. */
  readonly sql: readonly string[];
  /** The ledger as it is then. */
  readonly ledger: L;
}

/** What is to be done on a shard according to its current ledger. */
export interface Replanned<L> {
  readonly ledger: L;
  readonly pending: readonly string[];
  /** Whether the ledger is another one than before. */
  readonly changed: boolean;
}
