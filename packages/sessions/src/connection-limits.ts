import { type ConnectionLimit, connectionLimitOf } from "@pg-mig/cluster";
import { isPgMigError, PgMigError } from "@pg-mig/model";

/** How many connections a server allows; -1: as many as it has. */
export interface ConnectionLimits {
  readonly role: number;
  readonly database: number;
}

/** The query for {@link parseConnectionLimits}, on a connection that the node has let in. */
export const connectionLimitsSql = `SELECT r.rolconnlimit AS role, d.datconnlimit AS database
FROM pg_catalog.pg_roles r, pg_catalog.pg_database d
WHERE r.rolname OPERATOR(pg_catalog.=) SESSION_USER
AND d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()`;

export function parseConnectionLimits(rows: readonly unknown[]): ConnectionLimits | undefined {
  return rows[0] as ConnectionLimits | undefined;
}

/** One for the lock, and the default of `--parallelism`. */
const usualPerNode = 11;

export interface CrowdedNode {
  readonly label: string;
  readonly user: string;
  readonly database: string;
  /** How many nodes of the run are on the same server. */
  readonly nodesOnServer: number;
}

/**
 * Judges why a node took no more connections. A run needs one for its lock and at least one to work
 * with: if the limit does not allow that, no waiting helps. Pure.
 *
 * Returns a `CONNECTION_LIMIT_TOO_LOW` then; else `undefined`.
 */
export function hopelessLimit(
  error: unknown,
  limits: ConnectionLimits,
  { label, user, database, nodesOnServer }: CrowdedNode,
): PgMigError | undefined {
  if (!isPgMigError(error)) {
    return undefined;
  }
  const kind = connectionLimitOf(error.cause);
  if (kind === "server" || kind === undefined) {
    return undefined;
  }
  const limit = limits[kind];
  // The limit of a role is one for all databases of the server.
  const needed = kind === "role" ? 2 * nodesOnServer : 2;
  if (limit < 0 || limit >= needed) {
    return undefined;
  }
  const owner: Record<Exclude<ConnectionLimit, "server">, string> = {
    role: `user "${user}"`,
    database: `database "${database}"`,
  };
  const name = kind === "role" ? user : database;
  return new PgMigError(
    `The ${owner[kind]} of ${label} has a connection limit of ${limit}; a run needs at least ${needed}.`,
    {
      code: "CONNECTION_LIMIT_TOO_LOW",
      hint: `On each node a run uses one connection for its lock, and one for each shard that it works on at a time (the setting \`parallelism\`). Raise the limit: ALTER ${kind.toUpperCase()} "${name.replaceAll('"', '""')}" CONNECTION LIMIT ${(needed / 2) * usualPerNode};`,
      where: { node: label },
      cause: error,
    },
  );
}
