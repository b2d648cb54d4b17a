import type { Node, NodeIdentity } from "@pg-mig/cluster";
import type { NodeLedger } from "@pg-mig/ledger";
import type { OpenShard } from "./open-shard.js";
import type { OpenedSession } from "./session-settings.js";

/** A primary of the cluster, with what it remembers. */
export interface OpenNode {
  readonly node: Node;
  readonly identity: NodeIdentity;
  readonly ledger: NodeLedger;
  /** The shards to work on: all of the node's, if nothing was said. */
  readonly shards: readonly OpenShard[];
  /** Its database does not exist yet: what was read is what it would be. Only in a plan. */
  readonly isMissing?: true;
  /**
   * When the server was started that this was read from again, as {@link OpenedSession} has it;
   * `undefined`: it was not read again, or a pooler hides it.
   */
  readonly serverStartedAt?: OpenedSession["serverStartedAt"];
}
