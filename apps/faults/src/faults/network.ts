import { setTimeout as sleep } from "node:timers/promises";
import type { NetworkQuality, TestProxy } from "@pg-mig/testkit";
import { whyNotThrough } from "../expectations.js";
import type { Fault } from "../fault.js";
import type { Random } from "../random.js";
import { USUAL_WORK_MS } from "./killed-tool.js";

/** Does something to the network of one node while versions are run; it passes. */
function passingTrouble(
  name: string,
  row: number,
  trouble: (proxy: TestProxy, random: Random) => Promise<void>,
): Fault {
  return {
    name,
    row,
    weight: 2,
    async inject(scene, random) {
      const { place, others } = scene.drawPlace(random);
      const run = scene.start();
      const struck = await run.isAtWorkFor(random.integer(0, USUAL_WORK_MS));
      await trouble(place.proxy, random);
      const ended = await run.ended;
      return {
        outcome: struck ? "struck" : "missed",
        runs: [ended],
        problems: whyNotThrough(scene, ended),
        spared: others.map(({ label }) => label),
      };
    },
  };
}

/** A network that is bad from the beginning to the end, and never breaks. */
function badNetwork(name: string, quality: NetworkQuality): Fault {
  return {
    name,
    row: 7,
    async inject(scene) {
      for (const { proxy } of scene.places) proxy.shape(quality);
      const ended = await scene.run();
      const problems = ended.status === 0 ? [] : [`status ${ended.status}: ${ended.stderr}`];
      return { outcome: "struck", runs: [ended], problems };
    },
  };
}

export const networkFaults: readonly Fault[] = [
  passingTrouble("connections-reset", 7, async (proxy, random) => {
    for (let n = random.integer(1, 3); n > 0; n--) {
      proxy.cut();
      await sleep(random.integer(0, 100));
    }
  }),
  passingTrouble("node-unreachable", 8, async (proxy, random) => {
    proxy.isolate();
    await sleep(random.integer(100, 1500));
    proxy.restore();
  }),
  passingTrouble("network-frozen", 8, async (proxy, random) => {
    proxy.freeze();
    await sleep(random.integer(100, 1500));
    proxy.thaw();
  }),
  {
    name: "connection-swallowed",
    row: 8,
    async inject(scene, random) {
      const { place, others } = scene.drawPlace(random);
      const planned = place.proxy.inject({
        at: random.pick(["request", "midway", "reply"]),
        action: "freeze",
        skip: random.integer(0, 8),
      });
      const ended = await scene.run();
      return {
        outcome: planned.hits > 0 ? "struck" : "missed",
        runs: [ended],
        problems: whyNotThrough(scene, ended),
        spared: others.map(({ label }) => label),
      };
    },
  },
  badNetwork("torn-data", { sliceBytes: 1 }),
  badNetwork("slow-network", { bytesPerSecond: 64 * 1024 }),
  badNetwork("far-network", { latencyMs: 10 }),
];
