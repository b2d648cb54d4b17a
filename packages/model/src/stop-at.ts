/** How many shards may fail before a run starts nothing more. A limit that is not there never ends a run. */
export interface StopAt {
  /** So many in all. */
  readonly failed?: number | undefined;
  /** So many of each hundred that had something to run, in the wave if there are waves. */
  readonly failedPercent?: number | undefined;
  /** So many on one node. */
  readonly failedPerNode?: number | undefined;
}
