/** How many shards may fail before a run starts nothing more. A limit that is not there never ends a run. */
export interface StopAt {
  /** So many in all. */
  readonly failed?: number | undefined;
  /** So many of each hundred that had something to run, in the wave if there are waves. */
  readonly failedPercent?: number | undefined;
  /** So many on one node. */
  readonly failedPerNode?: number | undefined;
}

/** Shards that get their versions before those of later waves. */
export interface RolloutWave {
  /** Neither `next` nor `rest`, and that of no other wave. */
  readonly name: string;
  /** Conditions as those of the setting `only`. @default every shard fits */
  readonly only?: readonly string[] | undefined;
  /** How many of those that are left and fit, of each prefix. @default all of them */
  readonly take?:
    | { readonly count: number }
    | { readonly percent: number }
    | { readonly perNode: number }
    | undefined;
  /** For how long it is left alone before the next wave begins, in milliseconds. @default 0 */
  readonly soakMs?: number | undefined;
}
