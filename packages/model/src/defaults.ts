/** What holds if nobody says otherwise, for the command and for programs alike. */
export const defaults = {
  /** The host of a node that names none. */
  host: "127.0.0.1",
  port: 5432,
  /** How connections are encrypted, in the words of libpq. */
  sslMode: "prefer",
  /** How many chains of one node run at a time. */
  parallelism: 10,
  /** How many chains run at a time over all nodes. */
  maxSessions: 1000,
  /** The longest that a statement waits for a lock before its version is put back. */
  lockTimeoutMs: 2000,
  /** For how long a version that was put back is tried again. */
  retryForMs: 600_000,
  /** For how long a node that went away is waited for; never longer than `retryForMs`. */
  reconnectForMs: 60_000,
  /** For how long another run on the same nodes is waited for. */
  waitMs: 0,
  /** How long a statement of a rehearsal may take on a live shard. */
  statementTimeoutMs: 5000,
  /** How long connecting to a node may take. */
  connectTimeoutMs: 10_000,
} as const;
