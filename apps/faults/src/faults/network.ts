import { setTimeout as sleep } from "node:timers/promises";
import type { NetworkQuality } from "@pg-mig/testkit";
import { whyNotThrough } from "../expectations.js";
import type { Fault } from "../fault.js";
import { reportOf } from "../tool-run.js";
import { passingTrouble } from "./passing-trouble.js";

/** A network that is bad from the beginning to the end, and never breaks. */
function badNetwork(name: string, quality: NetworkQuality): Fault {
  return {
    name,
    row: 7,
    async inject(scene) {
      for (const { proxy } of scene.places) {
        proxy.shape(quality);
      }
      const ended = await scene.run();
      const problems = ended.status === 0 ? [] : [`status ${ended.status}: ${ended.stderr}`];
      return { outcome: "struck", runs: [ended], problems };
    },
  };
}

export const networkFaults: readonly Fault[] = [
  passingTrouble({
    name: "connections-reset",
    row: 7,
    weight: 2,
    async trouble({ proxy }, random) {
      const outcome = proxy.connections > 0 ? "struck" : "missed";
      for (let n = random.integer(1, 3); n > 0; n--) {
        proxy.cut();
        await sleep(random.integer(0, 100));
      }
      return outcome;
    },
  }),
  passingTrouble({
    name: "node-unreachable",
    row: 8,
    weight: 2,
    async trouble({ proxy }, random) {
      const outcome = proxy.connections > 0 ? "struck" : "missed";
      proxy.isolate();
      await sleep(random.integer(100, 1500));
      proxy.restore();
      return outcome;
    },
  }),
  passingTrouble({
    name: "network-frozen",
    row: 8,
    weight: 2,
    async trouble({ proxy }, random) {
      const outcome = proxy.connections > 0 ? "struck" : "missed";
      proxy.freeze();
      await sleep(random.integer(100, 1500));
      proxy.thaw();
      return outcome;
    },
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
  {
    // From some message on, be it the first, nothing comes through until the run has ended.
    name: "network-frozen-for-good",
    row: 8,
    async inject(scene, random) {
      const { place, others } = scene.drawPlace(random);
      const { proxy, label } = place;
      const planned = proxy.inject({
        sql: /^/,
        at: random.pick(["request", "reply"]),
        action: "freeze",
        skip: random.integer(0, random.pick([4, 60])),
      });
      void planned.hit.then(() => proxy.freeze());
      const most = random.pick([1, 2, 1000]);
      const ended = await scene.run({ args: ["--retry-for=1s", `--max-sessions=${most}`] });
      proxy.cut();
      proxy.thaw();
      const report = reportOf(ended);
      const lost = report?.lostNodes.map(({ node }) => node).join();
      return {
        outcome: planned.hits > 0 ? "struck" : "missed",
        runs: [ended],
        // A run that was refused has changed nothing anywhere.
        spared: report === undefined ? [] : others.map((other) => other.label),
        problems:
          report?.outcome === "failed" && lost !== label
            ? [`the report gives up "${lost}", not ${label}`]
            : [],
      };
    },
  },
  badNetwork("torn-data", { sliceBytes: 1 }),
  badNetwork("slow-network", { bytesPerSecond: 64 * 1024 }),
  badNetwork("far-network", { latencyMs: 10 }),
];
