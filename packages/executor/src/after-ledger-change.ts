/** What a chain knows when its shard's ledger turns out to be another one than it was planned from. */
export interface ChangedChain {
  /** The versions that are left by the ledger as it was; the first was attempted. */
  readonly versions: readonly string[];
  /** The versions that this run has committed on the shard, each with when the server was started. */
  readonly done: ReadonlyMap<string, string | undefined>;
  /** Whether a commit of the first version got no answer. */
  readonly inDoubt: boolean;
  /** How often the first version found another ledger than there was afterwards. */
  readonly unsettled: number;
  /** Whether the first version and its ledger entry are one transaction. */
  readonly isTransaction: boolean;
}

/** The ledger as it was read after that. */
export interface LedgerReading {
  /** What is still to run by it. */
  readonly pending: readonly string[];
  /** Whether it is another one than the chain was planned from. */
  readonly changed: boolean;
  /** When the server was started that it was read from; `undefined`: unknown. */
  readonly serverStartedAt: string | undefined;
}

/** What becomes of the chain. */
export type LedgerDecision =
  /** This run has committed these, and no server can have lost them: nothing is run again. */
  | { readonly type: "taken-away"; readonly versions: readonly string[] }
  /** The version finds another ledger in its own transaction, again and again. */
  | { readonly type: "unsettled" }
  | {
      readonly type: "go-on";
      readonly unsettled: number;
      /** Versions that are in the ledger now. By `us`: a commit that got no answer has happened. */
      readonly done: readonly { readonly version: string; readonly by: "us" | "others" }[];
      /** Versions that were in the ledger and are not any more. */
      readonly vanished: readonly {
        readonly version: string;
        readonly doneBy: "this-run" | "earlier-run";
      }[];
    };

/** How often a version is tried again that finds another ledger in its own transaction. */
export const maxUnsettled = 3;

/** Decides what becomes of a chain whose shard has another ledger than it was planned from. Pure. */
export function afterLedgerChange(
  { versions, done, inDoubt, unsettled, isTransaction }: ChangedChain,
  { pending, changed, serverStartedAt }: LedgerReading,
): LedgerDecision {
  const vanished = pending.filter((name) => !versions.includes(name));
  // On the same server, nothing that was committed is lost: somebody took the entries away.
  const taken = vanished.filter(
    (name) => done.has(name) && isSameServer(done.get(name), serverStartedAt),
  );
  if (taken.length > 0) {
    return { type: "taken-away", versions: taken };
  }
  const found = changed ? unsettled : unsettled + 1;
  if (!changed && found > (isTransaction ? maxUnsettled : 0)) {
    return { type: "unsettled" };
  }
  return {
    type: "go-on",
    unsettled: found,
    done: versions
      .filter((name) => !pending.includes(name))
      .map((version) => ({ version, by: inDoubt && version === versions[0] ? "us" : "others" })),
    vanished: vanished.map((version) => ({
      version,
      doneBy: done.has(version) ? "this-run" : "earlier-run",
    })),
  };
}

/** Whether nothing can have been lost between two looks at a server. What is not known says nothing. */
export function isSameServer(before: string | undefined, now: string | undefined): boolean {
  return before === undefined || now === undefined || before === now;
}
