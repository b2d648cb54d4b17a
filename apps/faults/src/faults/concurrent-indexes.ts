import { setTimeout as sleep } from "node:timers/promises";
import { Canary, canaryProblems } from "../canary.js";
import { backendsOfTool } from "../database-activity.js";
import { whyNotThrough } from "../expectations.js";
import type { Fault, Injected } from "../fault.js";
import { shardNames } from "../lane.js";
import type { Random } from "../random.js";
import type { ScenePlace } from "../scene.js";
import { type TestVersion, testVersion } from "../test-version.js";
import type { ToolRun } from "../tool-run.js";

const shard = "sh0001";

/** Where CREATE INDEX CONCURRENTLY waits while it is interrupted, by what it waits for. */
const blockers = {
  // Its first wait: for who wrote to the table before.
  writer: `BEGIN; UPDATE ${shard}.item SET value = value WHERE id = 1`,
  // Its last one: for who may still need to see what the index does not have.
  snapshot: `BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM ${shard}.applied`,
} as const;

const interruptions = {
  terminate: async ({ database }: ScenePlace, pid: number) => {
    await database.query(`SELECT pg_terminate_backend(${pid})`);
  },
  cancel: async ({ database }: ScenePlace, pid: number) => {
    await database.query(`SELECT pg_cancel_backend(${pid})`);
  },
  "kill-tool": async (_: ScenePlace, __: number, run: ToolRun) => {
    run.kill("SIGKILL");
  },
  sigint: async (_: ScenePlace, __: number, run: ToolRun) => {
    run.kill("SIGINT");
  },
  cut: async ({ proxy }: ScenePlace) => proxy.cut(),
  "crash-server": async ({ node }: ScenePlace) => {
    await node.kill();
    await node.start();
  },
} as const;

const indexVersions = (random: Random): readonly TestVersion[] => [
  testVersion(1, "plain"),
  testVersion(2, random.pick(["concurrent", "ends-transaction"])),
  testVersion(3, "plain"),
];

/** The backend that builds an index on that shard, once it waits; `undefined`: the run has ended. */
async function waitingBuild({ database }: ScenePlace, run: ToolRun): Promise<number | undefined> {
  while (await run.goesOnFor(10)) {
    const [pid] = await backendsOfTool(
      database,
      "query LIKE '%CONCURRENTLY%' AND wait_event_type = 'Lock'",
    );
    if (pid !== undefined) {
      return pid;
    }
  }
  return undefined;
}

function interruptedBuild(name: keyof typeof interruptions): Fault {
  return {
    name: `index-build-${name}`,
    row: 21,
    versions: indexVersions,
    async inject(scene, random) {
      const { place } = scene.drawPlace(random);
      const blocker = await place.database.connect();
      try {
        await blocker.query(random.pick([blockers.writer, blockers.snapshot]));
        const run = scene.start();
        const pid = await waitingBuild(place, run);
        if (pid !== undefined) {
          await interruptions[name](place, pid, run);
        }
        await sleep(random.integer(0, 200));
        await blocker.end();
        const ended = await run.ended;
        return { outcome: pid === undefined ? "missed" : "struck", runs: [ended] };
      } finally {
        await blocker.end().catch(() => {});
      }
    },
  };
}

/** Prepares the shard so that the build fails there, or meets what a failed one has left. */
function damagedShard(
  name: string,
  version: TestVersion,
  options: { readonly damage: string; readonly fix?: string },
): Fault {
  return {
    name,
    row: 21,
    versions: () => [testVersion(1, "plain"), version, testVersion(3, "plain")],
    async inject(scene, random): Promise<Injected> {
      const { place, others } = scene.drawPlace(random);
      for (const sql of options.damage.split(";")) {
        await place.database.query(sql).catch(() => {});
      }
      const ended = await scene.run();
      return {
        outcome: "struck",
        runs: [ended],
        spared: others.map(({ label }) => label),
        ...(options.fix === undefined && { problems: whyNotThrough(scene, ended) }),
        fix: async () => {
          if (options.fix !== undefined) {
            await place.database.query(options.fix);
          }
        },
      };
    },
  };
}

/** Lets a build of `v2` fail, where there is no such index yet. */
async function leaveInvalidIndex({ database }: ScenePlace, name: string): Promise<void> {
  const run = (sql: string) => database.query(sql).catch(() => {});
  await run(`INSERT INTO ${name}.item VALUES (1000, 1)`);
  await run(`CREATE UNIQUE INDEX CONCURRENTLY v2 ON ${name}.item (value)`);
  await run(`DELETE FROM ${name}.item WHERE id = 1000`);
}

const unique = {
  ...testVersion(2, "concurrent"),
  up: "-- $run_alone = 1\nCREATE UNIQUE INDEX CONCURRENTLY v2 ON item (value);\n",
};
const ifNotExists = {
  ...testVersion(2, "concurrent"),
  up: "-- $run_alone = 1\nCREATE INDEX CONCURRENTLY IF NOT EXISTS v2 ON item (value);\n",
};

export const concurrentIndexFaults: readonly Fault[] = [
  interruptedBuild("terminate"),
  interruptedBuild("cancel"),
  interruptedBuild("kill-tool"),
  interruptedBuild("sigint"),
  interruptedBuild("cut"),
  interruptedBuild("crash-server"),
  damagedShard("index-duplicates", unique, {
    damage: `INSERT INTO ${shard}.item VALUES (1000, 1)`,
    fix: `DELETE FROM ${shard}.item WHERE id = 1000`,
  }),
  damagedShard("index-invalid-before", ifNotExists, {
    damage: `INSERT INTO ${shard}.item VALUES (1000, 1);
            CREATE UNIQUE INDEX CONCURRENTLY v2 ON ${shard}.item (value);
            DELETE FROM ${shard}.item WHERE id = 1000`,
  }),
  damagedShard("index-name-taken", ifNotExists, {
    damage: `CREATE TABLE ${shard}.v2 ()`,
    fix: `DROP TABLE ${shard}.v2`,
  }),
  {
    // Between the tool's DROP and its CREATE … IF NOT EXISTS, which then finds something: no index.
    name: "index-broken-in-between",
    row: 21,
    versions: () => [testVersion(1, "plain"), ifNotExists, testVersion(3, "plain")],
    async inject(scene, random) {
      const { place } = scene.drawPlace(random);
      const create = /^CREATE INDEX CONCURRENTLY IF NOT EXISTS/;
      const planned = place.proxy.inject({ sql: create, at: "request", action: "freeze" });
      const run = scene.start();
      await Promise.race([planned.hit, run.ended]);
      for (const name of shardNames) {
        await leaveInvalidIndex(place, name);
      }
      place.proxy.thaw();
      return { outcome: planned.hits > 0 ? "struck" : "missed", runs: [await run.ended] };
    },
  },
  {
    name: "next-run-while-index-is-built",
    row: 22,
    versions: indexVersions,
    async inject(scene, random) {
      const { place } = scene.drawPlace(random);
      const blocker = await place.database.connect();
      const canary = new Canary(place.database, `${shard}.item`);
      try {
        await blocker.query(blockers.snapshot);
        const first = scene.start();
        const orphan = await waitingBuild(place, first);
        first.kill("SIGKILL");
        const killed = await first.ended;
        const second = scene.start();
        await metTheOrphan(second);
        await blocker.query("COMMIT");
        const ended = await second.ended;
        return {
          outcome: orphan === undefined ? "missed" : "struck",
          runs: [killed, ended],
          problems: [...whyNotThrough(scene, ended), ...canaryProblems(await canary.stop(), 0)],
        };
      } finally {
        await canary.stop();
        await blocker.end();
      }
    },
  },
  {
    // Whoever waits for a lock inside of a statement has a snapshot, for which the build would wait.
    name: "index-build-beside-waiting-run",
    row: 17,
    versions: () => [testVersion(1, "concurrent"), testVersion(2, "ends-transaction")],
    async inject(scene, random) {
      const { place } = scene.drawPlace(random);
      const blocker = await place.database.connect();
      try {
        await blocker.query(blockers.writer);
        const first = scene.start();
        const waits = await waitingBuild(place, first);
        const second = scene.start({ args: ["--wait=60s"] });
        const told = await second.until(({ type }) => type === "note");
        await blocker.end();
        const runs = await Promise.all([first.ended, second.ended]);
        return {
          outcome: waits !== undefined && told ? "struck" : "missed",
          runs,
          problems: runs.flatMap((run) =>
            run.status === 0 ? [] : [`${run.status}: ${run.stderr}`],
          ),
        };
      } finally {
        await blocker.end().catch(() => {});
      }
    },
  },
];

/** Waits until the run has come across the shard on which the orphan works. */
async function metTheOrphan(run: ToolRun): Promise<void> {
  await run.until((event) => event.type === "step:requeued" && event.reason === "shard-taken");
  await run.goesOnFor(300);
}
