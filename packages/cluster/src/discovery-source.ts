import type { NodeDefaults, NodeSpec } from "./node-spec.js";

/**
 * Says which nodes a cluster has: a plain object, made by a factory such as {@link hosts}.
 *
 * **Stable.** Members are only ever added, and only optional ones; anything else is a new major
 * version of this package. Implement it without fear.
 *
 * The contract of a source:
 * 1. `discover` gives each node once or more often; the order means nothing.
 * 2. It gives all nodes or fails. A node that is left out in silence is not migrated.
 * 3. It may be called again in the same run, and then looks again.
 * 4. It stops soon after `context.signal` is aborted, rejecting with whatever it likes.
 * 5. It prints nothing: what a user should know goes to `context.log`, without passwords.
 */
export interface DiscoverySource {
  /** What messages call this source, such as `hosts` or `patroni http://10.0.0.1:8008`. No password. */
  readonly name: string;
  /** Finds the nodes, one by one or all together. */
  discover(context: DiscoveryContext): AsyncIterable<NodeSpec> | Promise<readonly NodeSpec[]>;
}

/** What a {@link DiscoverySource} is given. Stable in the same way: members are only added. */
export interface DiscoveryContext {
  /** Aborted when nobody waits for the nodes any more. */
  readonly signal: AbortSignal;
  /** Tells the user something, in one line. */
  readonly log: (message: string) => void;
  /** What is filled in where a {@link NodeSpec} says nothing. A source need not look at it. */
  readonly defaults: NodeDefaults;
}
