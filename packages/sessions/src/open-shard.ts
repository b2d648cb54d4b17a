import type { ShardLedger } from "@pg-mig/ledger";
import type { Place } from "@pg-mig/model";
import type { SessionNode } from "./session-client.js";

/** A shard to work on, with its node and the ledger that was read there. */
export interface OpenShard {
  readonly node: SessionNode;
  /** The schema, unquoted. */
  readonly name: string;
  readonly ledger: ShardLedger;
  /** The names of the versions in the ledger, oldest first. */
  readonly versions: readonly string[];
}

/** Shards with the same history share the list of their entries, and so that of the names. */
const namesOfEntries = new WeakMap<ShardLedger["entries"], readonly string[]>();

/** Puts together what was read of a shard and where. */
export function openShard(node: SessionNode, ledger: ShardLedger): OpenShard {
  const { shard: name, entries } = ledger;
  let versions = namesOfEntries.get(entries);
  if (versions === undefined) {
    versions = entries.map(({ version }) => version);
    namesOfEntries.set(entries, versions);
  }
  return { node, name, ledger, versions };
}

/** Where a shard is, as events and reports say it. */
export function placeOf({ node, name }: Pick<OpenShard, "node" | "name">): Place {
  return { node: node.label, shard: name };
}
