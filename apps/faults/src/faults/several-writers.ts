import { setTimeout as sleep } from "node:timers/promises";
import { whyNotThrough } from "../expectations.js";
import type { Fault } from "../fault.js";
import { shardNames } from "../lane.js";
import { OutsideWriter, type WriterManners } from "../outside-writer.js";
import { type TestVersion, testVersion } from "../test-version.js";
import type { EndedRun } from "../tool-run.js";
import { usualWorkMs } from "./passing-trouble.js";

/** What would run twice unnoticed, if nothing but the ledger forbade it. */
const manyRows = (): readonly TestVersion[] =>
  [1, 2, 3, 4, 5, 6].map((position) => testVersion(position, "rows"));

/** What cannot be made twice: for a writer that takes no lock, nothing else forbids it. */
const manyTables = (): readonly TestVersion[] =>
  [1, 2, 3, 4, 5, 6].map((position) => testVersion(position, position % 3 ? "plain" : "alter"));

/** Several runs at once, with the nodes in another order: every version runs once between them. */
function runsAtOnce(
  name: string,
  count: number,
  pauseMs: number,
  others: "leave" | "wait" = "leave",
): Fault {
  return {
    name,
    row: 16,
    weight: 3,
    hooks: "both",
    async inject(scene, random) {
      const runs: Promise<EndedRun>[] = [];
      for (let n = 0; n < count; n++) {
        const hosts = random.shuffled(scene.places.map(({ proxy }) => proxy.url));
        runs.push(scene.run({ hosts, args: others === "wait" ? ["--wait=60s"] : [] }));
        await sleep(random.integer(0, pauseMs));
      }
      const ended = await Promise.all(runs);
      const successes = ended.filter(({ status }) => status === 0);
      const strange = ended.filter(
        (run) => run.status !== 0 && (others === "wait" || !isLockedOut(run)),
      );
      // Who holds the lock knows all that was done before, and plans nothing of it again.
      const late = ended.filter(({ events }) =>
        events.some(({ type }) => type === "step:already-done"),
      );
      return {
        outcome: "struck",
        runs: ended,
        problems: [
          ...(successes.length > 0 ? [] : ["none of the runs has succeeded"]),
          ...strange.map(({ status, stderr }) => `status ${status}: ${stderr.trim()}`),
          ...late.map(() => "a run has planned what another one had done"),
        ],
      };
    },
  };
}

/**
 * Workers share the fleet. Some are killed and started again, as a Kubernetes Job does.
 */
function workersOfParts(name: string, count: number): Fault {
  return {
    name,
    row: 16,
    weight: 3,
    async inject(scene, random) {
      const hosts = scene.places.map(({ proxy }) => proxy.url);
      const killed: EndedRun[] = [];
      const worker = async (index: number): Promise<EndedRun> => {
        for (;;) {
          // The locks of one that was killed are free when its servers have noticed.
          const run = scene.start({ hosts, args: [`--part=${index}/${count}`, "--wait=60s"] });
          if (killed.length < count && (await run.isAtWorkFor(random.integer(0, usualWorkMs)))) {
            run.kill("SIGKILL");
          }
          const ended = await run.ended;
          if (ended.status !== undefined) {
            return ended;
          }
          killed.push(ended);
        }
      };
      const ended = await Promise.all(Array.from({ length: count }, (_, i) => worker(i + 1)));
      const last = await scene.run({ hosts });
      const strange = [...ended, last].filter(({ status }) => status !== 0);
      return {
        outcome: killed.length > 0 ? "struck" : "missed",
        runs: [...killed, ...ended, last],
        problems: strange.map(({ status, stderr }) => `status ${status}: ${stderr.trim()}`),
      };
    },
  };
}

/** Whether a run did nothing but say that another one is at work. */
function isLockedOut({ events }: EndedRun): boolean {
  return events.some((event) => event.type === "error" && event.code === "RUN_LOCKED");
}

/** What the owner of a database may set, to have the guard pass. */
const guardSettings = [
  "pg_mig.ledger_has_changed TO 'x'",
  "pg_mig.shard_is_taken_by_another_run TO 'x'",
  "default_transaction_isolation TO 'repeatable read'",
];

function outsideWriter(
  name: string,
  manners: WriterManners,
  settings: readonly string[] = [],
): Fault {
  return {
    name,
    row: settings.length === 0 ? 20 : 31,
    weight: 3,
    versions: manners === "guarded" ? manyRows : manyTables,
    async inject(scene, random) {
      for (const { database } of scene.places) {
        for (const setting of settings) {
          await database.query(`ALTER DATABASE ${database.name} SET ${setting}`);
        }
      }
      const writers = scene.places.map(
        ({ database }) =>
          new OutsideWriter({
            database,
            shards: shardNames,
            versions: scene.versions,
            manners,
            random,
          }),
      );
      const ended = await scene.run();
      const applied = await Promise.all(writers.map((writer) => writer.stop()));
      return {
        outcome: applied.some((count) => count > 0) ? "struck" : "missed",
        runs: [ended],
        // Who takes no lock can come in between: then a version fails, and says so.
        problems: manners === "guarded" ? whyNotThrough(scene, ended) : [],
        alsoWrote: "another-writer",
      };
    },
  };
}

export const severalWritersFaults: readonly Fault[] = [
  runsAtOnce("two-runs", 2, 150),
  runsAtOnce("five-runs", 5, 60),
  runsAtOnce("runs-that-wait", 3, 60, "wait"),
  workersOfParts("workers-of-parts", 3),
  {
    name: "apply-and-undo",
    row: 16,
    weight: 2,
    async inject(scene, random) {
      const last = scene.versions.at(-1)?.name;
      const first = await scene.run();
      const runs = [first];
      for (let n = 0; n < 2; n++) {
        const undo = scene.start({ args: [`--undo=${last}`] });
        await sleep(random.integer(0, 150));
        runs.push(...(await Promise.all([undo.ended, scene.run()])));
      }
      return { outcome: "struck", runs, alsoWrote: "another-writer" };
    },
  },
  outsideWriter("outside-writer", "guarded"),
  outsideWriter("old-fashioned-writer", "old-fashioned"),
  outsideWriter("outside-writer-and-settings", "guarded", guardSettings),
  {
    name: "next-run-while-transaction-lives",
    row: 10,
    weight: 2,
    async inject(scene, random) {
      const { place } = scene.drawPlace(random);
      const planned = place.proxy.inject({
        at: random.pick(["request", "midway"]),
        action: "cut-client",
        skip: random.integer(0, 8),
      });
      const first = scene.start();
      await Promise.race([planned.hit, first.ended]);
      first.kill("SIGKILL");
      const killed = await first.ended;
      const second = scene.start();
      await sleep(random.integer(100, 600));
      place.proxy.thaw();
      const ended = await second.ended;
      return {
        outcome: planned.hits > 0 ? "struck" : "missed",
        runs: [killed, ended],
        problems: whyNotThrough(scene, ended),
      };
    },
  },
];
