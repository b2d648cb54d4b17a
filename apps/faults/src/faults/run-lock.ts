import { setTimeout as sleep } from "node:timers/promises";
import { whyNotThrough } from "../expectations.js";
import type { Fault } from "../fault.js";
import type { ScenePlace } from "../scene.js";
import { usualWorkMs } from "./passing-trouble.js";

/** The class of the advisory lock that a run holds on a database. */
const runLockClass = 0x70676d68;

/** Ends the sessions that hold the run lock of a database; tells how many. */
async function endLockHolders({ database }: ScenePlace): Promise<number> {
  const ended = await database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_locks
      WHERE locktype = 'advisory' AND classid = ${runLockClass} AND database =
        (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return ended.length;
}

async function endAllOfTool({ database }: ScenePlace): Promise<void> {
  await database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'pg-mig%'`,
  );
}

export const runLockFaults: readonly Fault[] = [
  {
    name: "lock-connection-ended",
    row: 10,
    weight: 2,
    hooks: "both",
    async inject(scene, random) {
      const { place } = scene.drawPlace(random);
      const run = scene.start();
      await run.isAtWorkFor(random.integer(0, usualWorkMs / 2));
      const ended = await endLockHolders(place);
      const runs = [await run.ended];
      return {
        outcome: ended > 0 ? "struck" : "missed",
        runs,
        problems: runs.flatMap((one) => whyNotThrough(scene, one)),
      };
    },
  },
  {
    name: "lock-connection-ended-and-next-run",
    row: 10,
    weight: 2,
    hooks: "both",
    async inject(scene, random) {
      const { place } = scene.drawPlace(random);
      const first = scene.start();
      await first.isAtWorkFor(random.integer(0, usualWorkMs / 2));
      const ended = await endLockHolders(place);
      // It has the lock of one node within reach, and not that of the other one.
      const second = await scene.run();
      return { outcome: ended > 0 ? "struck" : "missed", runs: [await first.ended, second] };
    },
  },
  {
    name: "robbed-while-stopped",
    row: 30,
    weight: 2,
    hooks: "both",
    async inject(scene, random) {
      const first = scene.start();
      const struck = await first.isAtWorkFor(random.integer(0, usualWorkMs));
      first.kill("SIGSTOP");
      await Promise.all(scene.places.map(endAllOfTool));
      const second = scene.start({ args: ["--wait=30s"] });
      // The first one wakes up while the second one works, or behind it.
      await second.goesOnFor(random.integer(0, 600));
      await sleep(random.integer(0, 100));
      first.kill("SIGCONT");
      const runs = await Promise.all([first.ended, second.ended]);
      return { outcome: struck ? "struck" : "missed", runs, alsoWrote: "robbed-run" };
    },
  },
];
