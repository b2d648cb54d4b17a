import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Fault } from "../fault.js";
import type { Scene } from "../scene.js";
import type { EndedRun } from "../tool-run.js";
import { usualWorkMs } from "./passing-trouble.js";

const canary = "sh0001";

const config = `export default {
  rollout: {
    waves: [
      { name: "canary", only: "shard=${canary}", soak: "200ms" },
      { name: "one per node", take: "1 per node", soak: "100ms" },
    ],
  },
};
`;

/** What a wave may not do, in one of several runs that follow each other. */
async function brokenOrder(scene: Scene, { events }: EndedRun): Promise<string[]> {
  const isPastCanary = events.some(
    (event) => event.type === "step:start" && event.shard !== canary,
  );
  if (!isPastCanary) {
    return [];
  }
  const nodes = await scene.observe();
  return nodes.flatMap(({ label, shards }) => {
    const ledger = shards.find(({ shard }) => shard === canary)?.ledger ?? [];
    const missing = scene.versions.filter(({ name }) => !ledger.includes(name));
    return missing.map(({ name }) => `later waves began before ${name} was on ${label}:${canary}`);
  });
}

export const rolloutFaults: readonly Fault[] = [
  {
    name: "rollout-killed",
    row: 34,
    weight: 3,
    async inject(scene, random) {
      await writeFile(join(scene.migrationDirectory, "pg-mig.config.mjs"), config);
      const runs: EndedRun[] = [];
      const problems: string[] = [];
      let killed = 0;
      for (let n = 0; n < 4; n++) {
        // Each is started by somebody else, who has the nodes in another order.
        const hosts = random.shuffled(scene.places.map(({ proxy }) => proxy.url));
        const run = scene.start({ hosts, args: ["--wait=60s"], config: "read" });
        if (await run.isAtWorkFor(random.integer(0, usualWorkMs))) {
          run.kill("SIGKILL");
        }
        const ended = await run.ended;
        killed += ended.status === undefined ? 1 : 0;
        runs.push(ended);
        problems.push(...(await brokenOrder(scene, ended)));
      }
      const last = await scene.run({ args: ["--wait=60s"], config: "read" });
      problems.push(...(last.status === 0 ? [] : [`status ${last.status}: ${last.stderr.trim()}`]));
      return { outcome: killed > 0 ? "struck" : "missed", runs: [...runs, last], problems };
    },
  },
];
