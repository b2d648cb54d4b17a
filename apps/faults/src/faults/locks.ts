import { setTimeout as sleep } from "node:timers/promises";
import { Canary, canaryProblems } from "../canary.js";
import { whyNotThrough } from "../expectations.js";
import type { Fault } from "../fault.js";
import { shardNames } from "../lane.js";
import { type TestVersion, testVersion } from "../test-version.js";

/** How long the statements of these versions wait for a lock. */
const lockTimeoutMs = 120;

const impatient = (version: TestVersion): TestVersion => ({
  ...version,
  up: `-- $lock_timeout = ${lockTimeoutMs}\n${version.up}`,
});

const alterations = (): readonly TestVersion[] => [
  testVersion(1, "plain"),
  impatient(testVersion(2, "alter")),
  impatient(testVersion(3, "alter")),
];

/**
 * Another client keeps a lock on one table of one shard until all other shards are through: they
 * must not wait for it, nor must those who read the table wait behind the tool.
 */
function heldLock(name: string, hold: (shard: string) => string): Fault {
  return {
    name,
    row: 23,
    versions: alterations,
    async inject(scene, random) {
      const { place } = scene.drawPlace(random);
      const shard = random.pick(["sh0001", "sh0002", "sh0003", "sh0004"]);
      const holder = await place.database.connect();
      const canary = new Canary(place.database, `${shard}.item`);
      try {
        await holder.query(`BEGIN; ${hold(shard)}`);
        const run = scene.start();
        const last = scene.versions.at(-1)?.name;
        const others = scene.places.length * shardNames.length - 1;
        const through = () =>
          run.events.filter((event) => event.type === "step:done" && event.version === last).length;
        const freed = await run.until(() => through() >= others);
        const met = await run.until(
          (event) => event.type === "step:requeued" && event.reason === "lock-timeout",
        );
        await holder.query("COMMIT");
        const ended = await run.ended;
        return {
          outcome: freed && met ? "struck" : "missed",
          runs: [ended],
          problems: [
            ...whyNotThrough(scene, ended),
            ...(freed ? [] : ["other shards waited for the one whose table was locked"]),
            ...canaryProblems(await canary.stop(), lockTimeoutMs),
          ],
        };
      } finally {
        await canary.stop();
        await holder.end();
      }
    },
  };
}

export const lockFaults: readonly Fault[] = [
  heldLock("long-reader", (shard) => `SELECT count(*) FROM ${shard}.item`),
  heldLock("idle-writer", (shard) => `UPDATE ${shard}.item SET value = value WHERE id = 1`),
  {
    name: "lock-storm",
    row: 23,
    weight: 2,
    versions: alterations,
    async inject(scene, random) {
      const run = scene.start();
      let over = false;
      let locked = 0;
      const storm = scene.places.map(async ({ database }) => {
        const client = await database.connect();
        while (!over) {
          const shard = random.pick(["sh0001", "sh0002", "sh0003", "sh0004"]);
          await client.query(`BEGIN; LOCK TABLE ${shard}.item IN ACCESS EXCLUSIVE MODE`);
          locked += 1;
          await sleep(random.integer(5, 250));
          await client.query("COMMIT");
        }
        await client.end();
      });
      const ended = await run.ended;
      over = true;
      await Promise.all(storm);
      return {
        outcome: locked > 2 ? "struck" : "missed",
        runs: [ended],
        problems: whyNotThrough(scene, ended),
      };
    },
  },
  {
    name: "deadlocks",
    row: 24,
    versions: () => [2, 3, 4].map((position) => deadlockProne(testVersion(position, "alter"))),
    async inject(scene, random) {
      const { place } = scene.drawPlace(random);
      const application = await place.database.connect();
      const run = scene.start();
      let over = false;
      let deadlocks = 0;
      const opposite = (async () => {
        while (!over) {
          const shard = random.pick(["sh0001", "sh0002", "sh0003", "sh0004"]);
          try {
            await application.query(`BEGIN; SELECT count(*) FROM ${shard}.item`);
            await sleep(random.integer(0, 30));
            await application.query(`LOCK TABLE ${shard}.applied IN ACCESS EXCLUSIVE MODE`);
            await application.query("COMMIT");
          } catch {
            deadlocks += 1;
            await application.query("ROLLBACK");
          }
        }
      })();
      const ended = await run.ended;
      over = true;
      await opposite;
      await application.end();
      deadlocks += ended.events.filter(
        (event) => event.type === "step:requeued" && event.reason === "deadlock",
      ).length;
      return {
        outcome: deadlocks > 0 ? "struck" : "missed",
        runs: [ended],
        problems: whyNotThrough(scene, ended),
      };
    },
  },
];

/** Writes to one table, takes its time, then wants another one; and waits until a deadlock is found. */
function deadlockProne(version: TestVersion): TestVersion {
  const [note = "", ...rest] = version.up.split("\n");
  return {
    ...version,
    up: ["-- $lock_timeout = 1000", note, "SELECT pg_sleep(0.03);", ...rest].join("\n"),
  };
}
