import type { JobNode } from "../job.js";
import type { ConnectionTraffic } from "../traffic/traffic.js";

/** What the servers took for one run of a contender. */
export interface ServerMeasured {
  /** User and system time of all their processes, in milliseconds, where the system tells it. */
  readonly cpuMs: number | undefined;
  /** The largest memory that a process had for itself, in megabytes, where the system tells it. */
  readonly backendMb: number | undefined;
  /** Of each connection that was opened meanwhile; `undefined`: nobody counted. */
  readonly traffic: readonly ConnectionTraffic[] | undefined;
}

/** Databases, as the work wants them, that one contender may use up. */
export interface FreshDatabases {
  readonly nodes: readonly JobNode[];
  /** Begins to measure the servers. */
  watch(): Promise<{ readonly end: () => Promise<ServerMeasured> }>;
  end(): Promise<void>;
}

/** The servers of a work. */
export interface Servers {
  /** What it is, for people: `PostgreSQL 18`. */
  readonly title: string;
  fresh(): Promise<FreshDatabases>;
  close(): Promise<void>;
}
