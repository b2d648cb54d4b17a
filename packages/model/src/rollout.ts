/** How many shards may fail before a run starts nothing more. A limit that is not there never ends a run. */
export interface StopAt {
  /** So many in all. */
  readonly failed?: number | undefined;
  /** So many of each hundred that had something to run, in the wave if there are waves. */
  readonly failedPercent?: number | undefined;
  /** So many on one node. */
  readonly failedPerNode?: number | undefined;
}

/** What is asked after a wave before the next one begins. It has one of `sql`, `command`, `http` and `alike`. */
export interface WaveGate {
  /** A query, run on every node: the first column of its first row must be true. */
  readonly sql?: string | undefined;
  /** A line for the shell: it must end with status 0. */
  readonly command?: string | undefined;
  /** An address: the answer must have a status of 2xx. */
  readonly http?: string | undefined;
  /** The shards of the wave must have one shape. */
  readonly alike?: true | undefined;
  /** How long to wait before it is asked again, in milliseconds. @default 10000 */
  readonly everyMs?: number | undefined;
  /** For how long it has to say yes, from the end of the soak, in milliseconds. @default 0: once */
  readonly forMs?: number | undefined;
  /** After how many noes in a row the run ends. @default 1 */
  readonly failures?: number | undefined;
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
  /** What is asked after that. @default nothing */
  readonly gate?: WaveGate | undefined;
}
