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
import { type Part, partOf } from "./part.js";

/** Limits an action to some nodes and shards. */
export interface Only {
  /** As `parseChoice` reads it. @default all nodes and shards */
  readonly choice?: Choice | undefined;
  /** Of the nodes, one part; it may have none. @default all of them */
  readonly part?: Part | undefined;
  /** What `failed` means: the shards that the last run did not finish. @default [] */
  readonly failed?: readonly Place[] | undefined;
}

/**
 * The nodes to connect to. Pure.
 *
 * @throws PgMigError `NOTHING_CHOSEN` if there are none
 */
export function nodesToAsk(
  nodes: readonly Node[],
  { choice, failed, part }: Only = {},
): readonly Node[] {
  const chosen =
    choice === undefined ? nodes : nodes.filter((node) => mayHoldChosen(choice, node, failed));
  if (chosen.length === 0) {
    throw nothingChosen(nodes, "node", choice);
  }
  return part === undefined
    ? chosen
    : chosen.filter((node) => partOf(node, part.of) === part.index);
}

/**
 * The chosen ones of a node's shards. Pure. Of ledgers that were chosen `before`, the very objects that they
 * were then.
 */
export function chosenShards(
  node: Node,
  shards: readonly ShardLedger[],
  { choice, failed }: Only = {},
  before: readonly OpenShard[] = [],
): readonly OpenShard[] {
  const chosen =
    choice === undefined
      ? shards
      : shards.filter(({ shard }) => isShardChosen(choice, { node, shard }, failed));
  const known = new Map(before.map((open) => [open.ledger, open]));
  return chosen.map((ledger) => known.get(ledger) ?? openShard(node, ledger));
}

/**
 * The nodes to work on: those with chosen shards, and those that are chosen whole. Pure.
 *
 * @throws PgMigError `NOTHING_CHOSEN` if there are none, unless a part of the nodes was asked for
 */
export function nodesToUse<N extends { readonly node: Node; readonly shards: readonly unknown[] }>(
  nodes: readonly N[],
  { choice, part }: Only = {},
): readonly N[] {
  if (choice === undefined) {
    return nodes;
  }
  const used = nodes.filter(
    ({ node, shards }) => shards.length > 0 || isWhollyChosen(choice, node),
  );
  if (used.length === 0 && part === undefined) {
    throw nothingChosen(
      nodes.map(({ node }) => node),
      "shard",
      choice,
    );
  }
  return used;
}

function nothingChosen(
  nodes: readonly Node[],
  what: "node" | "shard",
  choice: Choice | undefined,
): PgMigError {
  const meant = choice === undefined ? [] : meantConditions(choice, nodes);
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
