/**
 * A session that others wait for, or that holds what they need. Only `pid` is always known: a server
 * shows the rest only to roles that may see it.
 */
export interface Blocker {
  /** The server's process; 0 is a prepared transaction, which has none. */
  readonly pid: number;
  readonly user?: string;
  /** The `application_name`, or the kind of process if it serves no client (`autovacuum worker`). */
  readonly application?: string;
  /** As PostgreSQL calls it: `active`, `idle in transaction` … */
  readonly state?: string;
  /** The beginning of what it runs, or ran last. */
  readonly query?: string;
  /** When its transaction began, in ISO 8601. */
  readonly since?: string;
}
