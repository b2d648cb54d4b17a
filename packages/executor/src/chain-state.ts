import type { Blocker } from "@pg-mig/report";
import type { SessionNode } from "@pg-mig/sessions";
import type { Tried } from "./after-attempt.js";

/** A shard's chain: structurally, a `Chain` of `@pg-mig/planner` whose shard has a node and a ledger. */
export interface ChainToRun<L> {
  readonly shard: {
    readonly node: SessionNode;
    /** The schema, unquoted. */
    readonly name: string;
    /** What the versions to run follow from. */
    readonly ledger: L;
  };
  /** The versions to run, in order. Not empty. */
  readonly pending: readonly string[];
}

/** A chain under way. */
export interface ChainState<L> {
  readonly node: SessionNode;
  readonly shard: string;
  ledger: L;
  /** The versions that were committed in this chain, each with when the server was started; `undefined`: none yet. */
  done: Map<string, string | undefined> | undefined;
  /** The versions that are left; the first is the one that runs or runs next. */
  versions: readonly string[];
  /** What is known of the first version. */
  tried: Tried;
  /** How often the first version found another ledger than there was afterwards. */
  unsettled: number;
  /** Who was last seen blocking the first version. */
  blockedBy: readonly Blocker[];
}

/** A chain that has not begun. */
export function createChainState<L>({ shard, pending }: ChainToRun<L>): ChainState<L> {
  const { node, name, ledger } = shard;
  return { node, shard: name, ledger, ...untried, versions: pending, done: undefined };
}

/** A version of the chain was committed on a server that was started then. */
export function noteCommit<L>(
  state: ChainState<L>,
  version: string,
  serverStartedAt: string | undefined,
): void {
  state.done ??= new Map();
  state.done.set(version, serverStartedAt);
}

/** Turns to the versions that are left now; the first of them was not tried yet. */
export function advance<L>(state: ChainState<L>, versions: readonly string[]): void {
  const { tried, unsettled, blockedBy } = untried;
  state.tried = tried;
  state.unsettled = unsettled;
  state.blockedBy = blockedBy;
  state.versions = versions;
}

const untried = {
  tried: { attempts: 0, triedForMs: 0, connectionLosses: 0, inDoubt: undefined, givenUp: false },
  unsettled: 0,
  blockedBy: [],
};
