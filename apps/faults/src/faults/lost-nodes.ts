import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../fault.js";
import { type EndedRun, reportOf, type ToolRun } from "../tool-run.js";

/** For how long the run waits for the node. */
const retryForS = 2;

/** Makes the other nodes slow enough to be at work still when this one is given up. */
const latencyMs = 25;

/** It takes so long at most to say that a node is down: what takes a minute helps nobody. */
const toldWithinMs = 5000;

const tellings = new Set(["node:away", "node:lost", "step:failed"]);

async function isTold(run: ToolRun, label: string): Promise<boolean> {
  const told = run.until(
    (event) => "node" in event && event.node === label && tellings.has(event.type),
  );
  const pause = new AbortController();
  const late = sleep(toldWithinMs, false, { signal: pause.signal }).catch(() => false);
  const result = await Promise.race([told, late]);
  pause.abort();
  return result;
}

/** Whether the run still had versions for the node; if not, it looks at the node only for after.sql. */
function hadWorkLeft(ended: EndedRun, label: string): boolean {
  const { failed = [], inDoubt = [], abandoned = [] } = reportOf(ended) ?? {};
  return [...failed, ...inDoubt, ...abandoned].some(({ node }) => node === label);
}

function whatWasNotTold(ended: EndedRun, label: string): string[] {
  const report = reportOf(ended);
  const given = report?.lostNodes.map(({ node }) => node) ?? [];
  const ofNode = ended.events.filter((event) => "node" in event && event.node === label);
  const lost = ofNode.filter((event) => event.type === "node:lost");
  const awayIsTold = ofNode.some((event) => event.type === "node:away");
  const waited = lost.some(({ awayMs }) => awayMs > 0);
  return [
    ...(awayIsTold || !waited ? [] : ["the run waited for the node and did not say so"]),
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
          ...(told || !hadWorkLeft(ended, label)
            ? []
            : [`it was not said within ${toldWithinMs} ms that the node is down`]),
          ...whatWasNotTold(ended, label),
        ],
      };
    },
  },
];
