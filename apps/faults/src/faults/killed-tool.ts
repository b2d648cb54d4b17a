import type { NetworkFault } from "@pg-mig/testkit";
import { waitsForLock } from "../database-activity.js";
import type { Fault } from "../fault.js";
import { testVersion } from "../test-version.js";
import { usualRunMs, usualWorkMs } from "./passing-trouble.js";

/**
 * Kills the tool exactly when a message of its own is on its way. What the message asks for is still
 * done by the server if it is held at its request, as it is for a tool that dies behind sending it.
 */
function killedAt(name: string, message: RegExp | undefined, at: NetworkFault["at"]): Fault {
  return {
    name,
    row: 1,
    hooks: "both",
    async inject(scene, random) {
      const { proxy } = random.pick(scene.places);
      const planned = proxy.inject({
        at,
        action: "freeze",
        skip: random.integer(0, 8),
        ...(message && { sql: message }),
      });
      const run = scene.start();
      await Promise.race([planned.hit, run.ended]);
      run.kill("SIGKILL");
      const ended = await run.ended;
      proxy.thaw();
      return { outcome: planned.hits > 0 ? "struck" : "missed", runs: [ended] };
    },
  };
}

function killedTool(name: string, longestMs: number): Fault {
  return {
    name,
    row: 1,
    weight: 6,
    hooks: "both",
    async inject(scene, random) {
      const run = scene.start();
      const struck = await run.goesOnFor(random.integer(0, longestMs));
      run.kill("SIGKILL");
      return { outcome: struck ? "struck" : "missed", runs: [await run.ended] };
    },
  };
}

const ledger = /FUNCTION .*mig_versions_const.* RETURNS/s;

export const killedToolFaults: readonly Fault[] = [
  killedTool("kill-tool", usualRunMs),
  killedAt("kill-tool-at-begin", /^BEGIN/, "request"),
  killedAt("kill-tool-at-ledger", ledger, "midway"),
  killedAt("kill-tool-behind-ledger", ledger, "reply"),
  killedAt("kill-tool-commit-sent", undefined, "request"),
  killedAt("kill-tool-commit-done", undefined, "reply"),
  {
    name: "kill-tool-again-and-again",
    row: 1,
    hooks: "both",
    async inject(scene, random) {
      const runs = [];
      let struck = false;
      for (let n = 0; n < 4; n++) {
        const run = scene.start();
        struck = (await run.isAtWorkFor(random.integer(0, usualWorkMs / 2))) || struck;
        run.kill("SIGKILL");
        runs.push(await run.ended);
      }
      return { outcome: struck ? "struck" : "missed", runs };
    },
  },
  {
    name: "kill-tool-behind-reader",
    row: 2,
    hooks: "both",
    versions: () => [testVersion(1, "plain"), testVersion(2, "alter")],
    async inject(scene, random) {
      const { place } = scene.drawPlace(random);
      const reader = await place.database.connect();
      try {
        await reader.query("BEGIN; SELECT count(*) FROM sh0001.item");
        const run = scene.start();
        const waits = await Promise.race([waitsForLock(place.database), run.ended]);
        run.kill("SIGKILL");
        const ended = await run.ended;
        await reader.query("COMMIT");
        // Nobody has asked for a commit, and nobody can any more.
        const nodes = await scene.observe();
        const committed = nodes
          .find(({ label }) => label === place.label)
          ?.shards.find(({ shard }) => shard === "sh0001")
          ?.ledger?.includes(scene.versions[1]?.name ?? "");
        return {
          outcome: waits === "waits" ? "struck" : "missed",
          runs: [ended],
          problems: committed ? ["a version was committed after the death of its run"] : [],
        };
      } finally {
        await reader.end();
      }
    },
  },
];
