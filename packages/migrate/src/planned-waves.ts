import { hash } from "node:crypto";
import { isShardChosen, parseChoice } from "@pg-mig/cluster";
import type { Version } from "@pg-mig/migrations";
import { nearestWord, PgMigError, type RolloutWave } from "@pg-mig/model";
import {
  assignWaves,
  type Chain,
  longestPrefix,
  restWave,
  type Wave,
  wavesOfChains,
} from "@pg-mig/planner";
import type { OpenNode, OpenShard } from "@pg-mig/sessions";

export interface PlannedWavesInput {
  readonly waves: readonly RolloutWave[];
  /** The versions on disk. */
  readonly versions: readonly Pick<Version, "prefix">[];
  readonly nodes: readonly OpenNode[];
  readonly chains: readonly Chain<OpenShard>[];
}

/**
 * Puts the shards that get versions into waves: the same ones on every machine, whatever it calls the nodes,
 * and after a failover. Pure.
 */
export function plannedWaves({
  waves,
  versions,
  nodes,
  chains,
}: PlannedWavesInput): readonly Wave<OpenShard>[] {
  const prefixes = new Set(versions.map(({ prefix }) => prefix));
  const prefixOf = new Map<OpenShard, string>();
  const openNodes = new Map<OpenShard["node"], OpenNode>();
  for (const open of nodes) {
    openNodes.set(open.node, open);
    for (const shard of open.shards) {
      const prefix = longestPrefix(prefixes, shard.name);
      if (prefix !== undefined) {
        prefixOf.set(shard, prefix);
      }
    }
  }
  const assigned = assignWaves({
    shards: [...prefixOf.keys()],
    rules: waves.map(({ name, only, take }) => ({ name, take, fits: fitsOf(only, openNodes) })),
    prefixOf: (shard) => prefixOf.get(shard) ?? "",
    rankOf: (shard) => rankOf(shard, openNodes.get(shard.node)),
  });
  return wavesOfChains(assigned, chains);
}

/** By what a server and its replicas have in common. */
function rankOf({ name }: OpenShard, open: OpenNode | undefined): string {
  const { systemIdentifier, databaseOid } = open?.identity ?? {};
  return hash("sha256", JSON.stringify([systemIdentifier, databaseOid, name]));
}

function fitsOf(
  only: readonly string[] | undefined,
  openNodes: ReadonlyMap<OpenShard["node"], OpenNode>,
): ((shard: OpenShard) => boolean) | undefined {
  if (only === undefined) {
    return undefined;
  }
  const choice = parseChoice(only);
  return ({ node, name }) => {
    const open = openNodes.get(node);
    return open !== undefined && isShardChosen(choice, { node: open.node, shard: name });
  };
}

/**
 * The names of waves whose `only` fits no shard of these nodes, whatever earlier waves take: a release would
 * pass them over without a word. Pure.
 */
export function wavesForNobody(
  waves: readonly RolloutWave[],
  nodes: readonly OpenNode[],
): readonly string[] {
  const openNodes = new Map(nodes.map((open) => [open.node, open]));
  return waves.flatMap(({ name, only }) => {
    const fits = fitsOf(only, openNodes);
    return fits === undefined || nodes.some(({ shards }) => shards.some(fits)) ? [] : [name];
  });
}

/**
 * Refuses waves that cannot be planned, and the name of a wave that there is not.
 *
 * @throws PgMigError `CHOICE_INVALID`, `WAVE_UNKNOWN`
 */
export function refuseImpossibleWaves(
  waves: readonly RolloutWave[],
  wave: string | undefined,
): void {
  for (const { name, only = [] } of waves) {
    if (parseChoice(only).some(({ among }) => among === "failed")) {
      throw new PgMigError(`The wave ${name} cannot choose by "failed".`, {
        code: "CHOICE_INVALID",
        hint: "A wave has the same shards in every run: choose them by label, host, island or shard.",
      });
    }
  }
  const names = [...waves.map(({ name }) => name), restWave];
  // Without waves, the next one would be the whole fleet.
  if (wave === undefined || (waves.length > 0 && [...names, "next"].includes(wave))) {
    return;
  }
  const near = nearestWord(wave, names);
  const message =
    waves.length === 0
      ? `There are no waves, so there is none to stop after: "${wave}".`
      : `The rollout has no wave "${wave}".`;
  throw new PgMigError(message, {
    code: "WAVE_UNKNOWN",
    hint:
      waves.length === 0
        ? "Nothing was changed. Set `waves` in the setting `rollout` of a config file, or leave out the setting `wave`."
        : `${near === undefined ? "" : `Did you mean ${near}? `}Its waves are ${names.join(", ")}; next is the first that is not done.`,
  });
}
