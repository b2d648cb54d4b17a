import type { Contender } from "../contenders/contender.js";
import type { JobVersion } from "../job.js";

/** How much of it. */
export interface WorkSize {
  readonly nodes: number;
  /** Of each node. */
  readonly shards: number;
  readonly versions: number;
  /** Shards of a node that are worked on at a time. */
  readonly parallelism: number;
  /** Of the file of a version, for the works that are about large ones. */
  readonly megabytes?: number;
}

/** What is measured of a contender. */
export type Figure =
  | "wall"
  | "client CPU"
  | "server CPU"
  | "peak memory"
  | "backend memory"
  | "round trips a version"
  | "round trips a node"
  | "connections a node";

/** What pg-mig shall reach. */
export interface Target {
  readonly figure: Figure;
  /** Whose figure. @default "pg-mig" */
  readonly of?: string;
  /** Divided by that of another contender; `undefined`: the figure itself, in s or MB. */
  readonly against?: string;
  readonly atMost: number | ((size: WorkSize) => number);
}

/** A version without its name. */
export interface WorkVersion extends Pick<JobVersion, "sql" | "leaves"> {
  readonly prefix?: string;
}

/** A work that contenders are measured with. */
export interface Work {
  readonly name: string;
  /** What it is, in a line. */
  readonly about: string;
  readonly size: WorkSize;
  /** What of the size is smaller with --quick. */
  readonly quick: Partial<WorkSize>;
  readonly servers: "postgres" | "stub";
  /** How much later data arrive in each direction, in milliseconds. @default 0 */
  readonly latencyMs?: number;
  /** The name of the n-th shard, from 0. @default {@link shardName} */
  readonly shardName?: (n: number) => string;
  /** What is in every shard before: SQL under its path. @default nothing */
  readonly shardSql?: string;
  /** The n-th version, from 0; of the shards whose names begin with `prefix`, `sh` by default. */
  readonly version: (n: number, size: WorkSize) => WorkVersion;
  readonly contenders: readonly Contender[];
  /**
   * Whether contenders run once more, by way of a relay, to have their round trips counted. A stub and a
   * slow network count anyway. @default "not counted"
   */
  readonly roundTrips?: "counted" | "not counted";
  /** Whether it is measured when no work is named. @default "always" */
  readonly runs?: "always" | "if named";
  readonly targets: readonly Target[];
}

/** The name of the n-th shard of a node, from 0. */
export function shardName(n: number): string {
  return `sh${String(n).padStart(4, "0")}`;
}
