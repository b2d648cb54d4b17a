import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { whyNotThrough } from "../expectations.js";
import type { Fault } from "../fault.js";
import type { Scene } from "../scene.js";
import { testVersion } from "../test-version.js";
import type { EndedRun } from "../tool-run.js";
import { countApplied, standBy, whenLost } from "./failover.js";
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

/** Where the canary runs again, later waves wait for it. */
function whyNotReopened({ events }: EndedRun, from: number): string[] {
  const steps = events.slice(from);
  const isCanary = (event: { readonly type: string }) => "shard" in event && event.shard === canary;
  const reopened = steps.findIndex(
    (event) => event.type === "wave:start" && event.wave === "canary",
  );
  const done = steps.findLastIndex((event) => event.type === "step:done" && isCanary(event));
  if (reopened === -1 || done < reopened) {
    return ["the canary, which has lost steps, was not run again"];
  }
  const later = steps
    .slice(reopened, done)
    .filter((event) => event.type === "step:start" && !isCanary(event));
  return later.length === 0 ? [] : ["a later wave went on before the canary was done again"];
}

/** Versions that are all or nothing: what a failover has lost of another one may not be run again. */
const lossless = () => [
  testVersion(1, "rows"),
  testVersion(2, "plain"),
  testVersion(3, "rows"),
  testVersion(4, "alter"),
];

export const rolloutFaults: readonly Fault[] = [
  {
    name: "rollout-after-failover",
    row: 34,
    versions: lossless,
    async inject(scene, random) {
      await writeFile(join(scene.migrationDirectory, "pg-mig.config.mjs"), config);
      const { place, others } = scene.drawPlace(random);
      const { replica, stream } = await standBy(scene, place);
      stream.freeze();
      const first = await scene.run({ args: ["--wave=canary"], config: "read" });
      const before = await countApplied(place.database);
      await place.node.stop("immediate");
      await replica.promote();
      scene.moveTo(place, replica);
      const lost = before - (await countApplied(place.database));
      const hosts = random.shuffled(scene.places.map(({ proxy }) => proxy.url));
      const next = await scene.run({ hosts, args: ["--wait=60s"], config: "read" });
      return {
        outcome: first.status === 3 && lost > 0 ? "struck" : "missed",
        runs: [first, next],
        problems: [...whyNotThrough(scene, next), ...whyNotReopened(next, 0)],
        spared: others.map(({ label }) => label),
        alsoWrote: "lost-by-failover",
      };
    },
  },
  {
    name: "rollout-during-failover",
    row: 34,
    versions: lossless,
    async inject(scene, random) {
      await writeFile(join(scene.migrationDirectory, "pg-mig.config.mjs"), config);
      const { place, others } = scene.drawPlace(random);
      const { replica, stream } = await standBy(scene, place);
      stream.freeze();
      const run = scene.start({ config: "read" });
      const isPastCanary = await run.until(
        (event) => event.type === "wave:start" && event.wave !== "canary",
      );
      const goesOn = isPastCanary && (await run.goesOnFor(random.integer(0, usualWorkMs / 4)));
      const from = run.events.length;
      await place.node.stop("immediate");
      await replica.promote();
      const alsoWrote = whenLost(run);
      scene.moveTo(place, replica);
      const ended = await run.ended;
      const struck = goesOn && ended.events.slice(from).length > 1;
      return {
        outcome: struck ? "struck" : "missed",
        runs: [ended],
        problems: struck ? [...whyNotThrough(scene, ended), ...whyNotReopened(ended, from)] : [],
        spared: others.map(({ label }) => label),
        alsoWrote,
      };
    },
  },
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
