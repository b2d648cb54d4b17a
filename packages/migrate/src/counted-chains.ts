import type { Chain } from "@pg-mig/planner";
import type { PlacedStep, PlannedWork, RunAction } from "@pg-mig/report";
import { type OpenShard, placeOf } from "@pg-mig/sessions";
import { placeKey } from "./place-key.js";

/** Chains and their steps, as the events of a run count them. */
export interface CountedChains extends PlannedWork {
  readonly chains: number;
  readonly steps: number;
}

/** What chains add to what was counted before, in all, by node and by version in the order of the chains. */
export function countChains(
  chains: readonly Chain<OpenShard>[],
  counted: readonly PlacedStep[],
  action: RunAction,
): CountedChains {
  const nodes = new Map<string, number>();
  const versions = new Map<string, number>();
  const add = (node: string, version: string, steps: number) => {
    nodes.set(node, (nodes.get(node) ?? 0) + steps);
    versions.set(version, (versions.get(version) ?? 0) + steps);
  };
  for (const { shard, pending } of chains) {
    const { node } = placeOf(shard);
    for (const version of pending) {
      add(node, version, 1);
    }
  }
  for (const { node, version } of counted) {
    add(node, version, -1);
  }
  const order = action === "apply" ? 1 : -1;
  return {
    chains: chains.length,
    steps: [...nodes.values()].reduce((sum, steps) => sum + steps, 0),
    stepsByNode: [...nodes].map(([node, steps]) => ({ node, steps })),
    stepsByVersion: [...versions]
      .sort(([a], [b]) => (a < b ? -order : order))
      .map(([version, steps]) => ({ version, steps })),
  };
}

/** What there is to do besides chains that are counted already. Less than nothing: shards went. */
export function countMore(
  counted: readonly Chain<OpenShard>[],
  chains: readonly Chain<OpenShard>[],
  vanished: readonly PlacedStep[],
  action: RunAction,
): CountedChains {
  const known = new Set(counted.map(({ shard }) => placeKey(placeOf(shard))));
  const steps = counted.flatMap(({ shard, pending }) =>
    pending.map((version) => ({ ...placeOf(shard), version })),
  );
  return {
    ...countChains(chains, [...steps, ...vanished], action),
    chains: chains.filter(({ shard }) => !known.has(placeKey(placeOf(shard)))).length,
  };
}
