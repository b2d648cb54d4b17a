import type { DiscoverySource, NodeSpec } from "@pg-mig/cluster";
import { leaderOf } from "./cluster-leader.js";
import { endpointOf, getCluster } from "./rest-endpoint.js";

export interface PatroniOptions {
  /**
   * For each scope (cluster), by its name, the REST endpoints of its members, such as
   * `http://10.0.0.1:8008`; one is enough to be asked, the others are for when it is down. A user
   * and a password in the URL are sent as basic authentication.
   */
  readonly scopes: Readonly<Record<string, string | readonly string[]>>;
  /** What the nodes have in common: database, user, labels and so on. */
  readonly node?: Omit<NodeSpec, "host" | "port" | "island">;
  /** How long an endpoint may take to answer, in milliseconds. @default 3000 */
  readonly timeoutMs?: number;
}

/**
 * The source for a cluster that Patroni keeps available: of each scope, the leader. The scope is
 * the node's island, by which a run that loses the leader finds the next one.
 *
 * The endpoints of a scope are asked in their order until one knows a leader. A scope without one,
 * for the moment of a failover or because it is a standby cluster, is a failure.
 *
 * @throws TypeError if no scope, a scope without endpoint, or an endpoint that is no URL is given
 */
export function patroni({ scopes, node, timeoutMs = 3000 }: PatroniOptions): DiscoverySource {
  const asked = Object.entries(scopes).map(([scope, urls]) => ({
    scope,
    endpoints: [urls].flat().map(endpointOf),
  }));
  const empty = asked.find(({ endpoints }) => endpoints.length === 0);
  if (asked.length === 0) {
    throw new TypeError("patroni() needs a scope.");
  }
  if (empty !== undefined) {
    throw new TypeError(`Scope "${empty.scope}" has no endpoint.`);
  }
  return {
    name: `patroni ${asked.map(({ scope }) => scope).join(", ")}`,
    discover: ({ signal }) =>
      Promise.all(
        asked.map(async ({ scope, endpoints }): Promise<NodeSpec> => {
          const problems: string[] = [];
          for (const endpoint of endpoints) {
            signal.throwIfAborted();
            try {
              const cluster = await getCluster(endpoint, { signal, timeoutMs });
              return { ...node, ...leaderOf(cluster, scope), island: scope };
            } catch (error) {
              problems.push(`${endpoint.url}: ${error instanceof Error ? error.message : error}`);
            }
          }
          signal.throwIfAborted();
          throw new Error(
            `No endpoint of scope "${scope}" knows a leader (${problems.join("; ")}).`,
          );
        }),
      ),
  };
}
