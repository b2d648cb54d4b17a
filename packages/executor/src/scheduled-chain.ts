/**
 * One shard's chain, as the schedule sees it: structurally, a `Chain` of `@pg-mig/planner` whose shard has a
 * node. The object itself is what the methods of `ChainSchedule` know the chain by.
 */
export interface ScheduledChain {
  readonly shard: { readonly node: { readonly name: string; readonly host: string } };
  /** The versions to run, in order. Not empty. */
  readonly pending: readonly string[];
}

/** A step that may start now. */
export interface StartedStep<C extends ScheduledChain = ScheduledChain> {
  readonly chain: C;
  readonly node: string;
  readonly version: string;
}
