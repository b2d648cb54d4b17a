import {
  type Choice,
  isShardChosen,
  isWhollyChosen,
  mayHoldChosen,
  meantConditions,
  type Node,
} from "@pg-mig/cluster";
import type { ShardLedger } from "@pg-mig/ledger";
import { PgMigError, type Place } from "@pg-mig/model";
import { type OpenShard, openShard } from "./open-shard.js";

/** Limits an action to some nodes and shards. */
export interface Only {
  /** As `parseChoice` reads it. */
  readonly choice: Choice;
  /** What `failed` means: the shards that the last run did not finish. @default [] */
  readonly failed?: readonly Place[] | undefined;
}

/**
 * The nodes to connect to. Pure.
 *
 * @throws PgMigError `NOTHING_CHOSEN` if there are none
 */
export function nodesToAsk(nodes: readonly Node[], only: Only | undefined): readonly Node[] {
  if (only === undefined) {
    return nodes;
  }
  const asked = nodes.filter((node) => mayHoldChosen(only.choice, node, only.failed));
  if (asked.length === 0) {
    throw nothingChosen(nodes, "node", only.choice);
  }
  return asked;
}

/** The chosen ones of a node's shards. Pure. */
export function chosenShards(
  node: Node,
  shards: readonly ShardLedger[],
  only: Only | undefined,
): readonly OpenShard[] {
  const chosen =
    only === undefined
      ? shards
      : shards.filter(({ shard }) => isShardChosen(only.choice, { node, shard }, only.failed));
  return chosen.map((ledger) => openShard(node, ledger));
}

/**
 * The nodes to work on: those with chosen shards, and those that are chosen whole. Pure.
 *
 * @throws PgMigError `NOTHING_CHOSEN` if there are none
 */
export function nodesToUse<N extends { readonly node: Node; readonly shards: readonly unknown[] }>(
  nodes: readonly N[],
  only: Only | undefined,
): readonly N[] {
  if (only === undefined) {
    return nodes;
  }
  const used = nodes.filter(
    ({ node, shards }) => shards.length > 0 || isWhollyChosen(only.choice, node),
  );
  if (used.length === 0) {
    throw nothingChosen(
      nodes.map(({ node }) => node),
      "shard",
      only.choice,
    );
  }
  return used;
}

function nothingChosen(nodes: readonly Node[], what: "node" | "shard", choice: Choice): PgMigError {
  const meant = meantConditions(choice, nodes);
  const guess = meant.length === 0 ? "" : `Did you mean ${meant.join(", ")}? `;
  const labels = new Set(nodes.flatMap((node) => Object.keys(node.labels)));
  const known =
    labels.size === 0
      ? "The nodes have no labels."
      : `Labels of the nodes: ${[...labels].sort().join(", ")}.`;
  const count = nodes.length === 1 ? "the one node" : `${nodes.length} nodes`;
  return new PgMigError(`No ${what} of ${count} is chosen by the setting \`only\`.`, {
    code: "NOTHING_CHOSEN",
    hint: `${guess}Correct the setting \`only\`, or leave it out. ${known} With "failed", only shards are chosen that the last report names.`,
  });
}
