import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../fault.js";
import { type EndedRun, reportOf, type ToolRun } from "../tool-run.js";

/** For how long the run waits for the node. */
const retryForS = 2;

/** Makes the other nodes slow enough to be at work still when this one is given up. */
const latencyMs = 12;

/** It takes so long at most to say that a node is down: what takes a minute helps nobody. */
const toldWithinMs = 5000;

async function isTold(run: ToolRun, label: string): Promise<boolean> {
  const told = run.until((event) => event.type === "node:away" && event.node === label);
  const pause = new AbortController();
  const late = sleep(toldWithinMs, false, { signal: pause.signal }).catch(() => false);
  const result = await Promise.race([told, late]);
  pause.abort();
  return result;
}

function whatWasNotTold(ended: EndedRun, label: string): string[] {
  const report = reportOf(ended);
  const given = report?.lostNodes.map(({ node }) => node) ?? [];
  const lost = ended.events.filter((event) => event.type === "node:lost" && event.node === label);
  return [
    ...(ended.status === 1 ? [] : [`the run ended with status ${ended.status}`]),
    ...(lost.length === 1 ? [] : [`the node was said to be given up ${lost.length} times`]),
    ...(given.join() === label ? [] : [`the report gives up "${given.join()}", not ${label}`]),
  ];
}

export const lostNodeFaults: readonly Fault[] = [
  {
    name: "node-stays-down",
    row: 12,
    weight: 2,
    async inject(scene, random) {
      const { place, others } = scene.drawPlace(random);
      for (const other of others) {
        other.proxy.shape({ latencyMs: latencyMs });
      }
      const run = scene.start({ args: [`--retry-for=${retryForS}s`] });
      const goesOn = await run.isAtWorkFor(random.integer(0, 150));
      const { label } = place;
      await (random.integer(0, 1) === 0 ? place.node.kill() : place.node.stop("immediate"));
      const told = goesOn && (await isTold(run, label));
      const ended = await run.ended;
      // It was through with this node when that went down.
      if (!goesOn || ended.status === 0) {
        return { outcome: "missed", runs: [ended] };
      }
      return {
        outcome: "struck",
        runs: [ended],
        spared: others.map((other) => other.label),
        problems: [
          ...(told ? [] : [`it was not said within ${toldWithinMs} ms that the node is down`]),
          ...whatWasNotTold(ended, label),
        ],
      };
    },
  },
];
