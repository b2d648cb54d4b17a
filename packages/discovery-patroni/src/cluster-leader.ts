/** Where the leader of a scope takes connections. */
export interface Leader {
  readonly host: string;
  readonly port: number;
}

/**
 * Finds the leader in what `GET /cluster` answers. Pure.
 *
 * @throws Error that says why there is none
 */
export function leaderOf(cluster: unknown, scope: string): Leader {
  if (!isRecord(cluster) || !Array.isArray(cluster.members)) {
    throw new Error("the answer has no members");
  }
  // Old versions do not tell the scope.
  if (cluster.scope !== undefined && cluster.scope !== scope) {
    throw new Error(`it belongs to the scope "${cluster.scope}"`);
  }
  const members: unknown[] = cluster.members;
  const withRole = (...roles: string[]) =>
    members.find((member) => isRecord(member) && roles.includes(String(member.role)));
  // "master" is what versions before 1.6 say.
  const leader = withRole("leader", "master");
  if (leader === undefined) {
    throw new Error(
      withRole("standby_leader") === undefined
        ? "there is no leader at the moment"
        : "it is a standby cluster, which has no primary",
    );
  }
  if (!isRecord(leader)) {
    throw new Error("the leader is no object");
  }
  const { host, port } = leader;
  if (typeof host !== "string" || typeof port !== "number") {
    throw new Error("the leader has no address");
  }
  return { host, port };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
