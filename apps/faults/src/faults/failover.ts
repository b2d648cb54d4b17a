import { setTimeout as sleep } from "node:timers/promises";
import { startProxy, type TestReplica } from "@pg-mig/testkit";
import { whyNotThrough } from "../expectations.js";
import type { Fault } from "../fault.js";
import { nothingWritten } from "../invariants.js";
import { observe } from "../observation.js";
import type { Scene, ScenePlace } from "../scene.js";
import { testVersion } from "../test-version.js";
import type { ToolRun } from "../tool-run.js";
import { usualWorkMs } from "./passing-trouble.js";

const versions = () => [
  testVersion(1, "rows"),
  testVersion(2, "plain"),
  testVersion(3, "rows"),
  testVersion(4, "alter"),
  testVersion(5, "rows"),
];

/** A replica of a place's server, which can be made to lag. It goes away with the scene. */
export async function standBy(scene: Scene, { node }: ScenePlace) {
  const stream = await startProxy(node);
  const replica = await scene.lane.cluster.startReplica({ of: node, through: stream });
  scene.afterwards(async () => {
    await replica.stop("immediate");
    await stream.stop();
    // The server lets go of the slot when it notices that the replica is gone.
    await node.query(
      "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active_pid IS NOT NULL",
    );
    await dropSlot(node, replica);
  });
  return { replica, stream };
}

async function dropSlot(node: ScenePlace["node"], { name }: TestReplica): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await node.query("SELECT pg_drop_replication_slot($1)", [name]);
      return;
    } catch (error) {
      if (attempt === 100) {
        throw error;
      }
      await sleep(20);
    }
  }
}

/** How far behind the replica is when it takes over, and what becomes of the old primary. */
interface Failover {
  readonly name: string;
  readonly replica: "in-step" | "lagging";
  readonly oldPrimary: "dead" | "alive" | "comes-back";
}

function failover({ name, replica: step, oldPrimary }: Failover): Fault {
  return {
    name,
    row: 13,
    versions,
    async inject(scene, random) {
      const { place, others } = scene.drawPlace(random);
      const old = { node: place.node, database: place.database };
      const { replica, stream } = await standBy(scene, place);
      const run = scene.start();
      await run.isAtWorkFor(random.integer(0, usualWorkMs / 3));
      if (step === "lagging") {
        stream.freeze();
      }
      const goesOn = await run.goesOnFor(random.integer(0, usualWorkMs / 2));
      const before = await countApplied(old.database);
      if (oldPrimary === "dead") {
        await old.node.stop("immediate");
      } else {
        place.proxy.isolate();
      }
      await replica.promote();
      const alsoWrote = whenLost(run);
      scene.moveTo(place, replica);
      const lost = before - (await countApplied(place.database));
      place.proxy.restore();
      // Who has not seen the new primary cannot know that the old one is none any more.
      const noticed = await run.until(({ type }) => type === "note");
      const problems =
        oldPrimary === "comes-back" && noticed ? await comeBack(scene, place, old) : [];
      const ended = await run.ended;
      if (oldPrimary === "alive" && !noticed) {
        // The run saw no other primary: the old one has all that it did, and judges it.
        scene.moveTo(place, old.node);
      }
      return {
        outcome: goesOn && noticed && (step === "in-step" || lost > 0) ? "struck" : "missed",
        runs: [ended],
        problems: [...problems, ...whyNotThrough(scene, ended)],
        spared: others.map(({ label }) => label),
        alsoWrote,
      };
    },
  };
}

/**
 * Whether a run was over when a failover lost its work: then it could not know. Ask before the address leads to the
 * promoted server.
 */
export function whenLost({ events }: ToolRun): "lost-by-failover" | "lost-after-the-run" {
  const isOver = events.some(({ type }) => type === "run:done");
  return isOver ? "lost-after-the-run" : "lost-by-failover";
}

/** How many versions all shards have together. */
export async function countApplied(database: ScenePlace["database"]): Promise<number> {
  const { shards } = await observe(database, "");
  return shards.reduce((sum, { ledger = [] }) => sum + ledger.length, 0);
}

/** The address leads to the old primary once more, for a while: nothing may be written there. */
async function comeBack(
  scene: Scene,
  place: ScenePlace,
  old: Pick<ScenePlace, "node" | "database">,
): Promise<string[]> {
  const replica = place.node;
  const stamps = async () => JSON.stringify((await observe(old.database, "")).shards);
  const before = await stamps();
  place.proxy.redirect(old.database);
  place.proxy.cut();
  await sleep(400);
  scene.moveTo(place, replica);
  return before === (await stamps()) ? [] : ["an old primary was written to after its failover"];
}

export const failoverFaults: readonly Fault[] = [
  failover({ name: "failover", replica: "in-step", oldPrimary: "dead" }),
  failover({ name: "failover-with-loss", replica: "lagging", oldPrimary: "dead" }),
  failover({ name: "failover-from-the-living", replica: "lagging", oldPrimary: "alive" }),
  failover({ name: "old-primary-comes-back", replica: "in-step", oldPrimary: "comes-back" }),
  {
    // As an address does that was given to another server, or a name that was mistyped.
    name: "address-leads-elsewhere",
    row: 13,
    versions,
    async inject(scene, random) {
      const { place } = scene.drawPlace(random);
      const elsewhere = await scene.lane.createDatabases();
      for (const database of elsewhere) {
        scene.afterwards(() => database.drop());
      }
      const other = elsewhere.find(({ port }) => port !== place.database.port);
      if (other === undefined) {
        throw new Error("A scene has two nodes.");
      }
      const run = scene.start();
      const struck = await run.isAtWorkFor(random.integer(0, usualWorkMs / 3));
      const before = await observe(other, "");
      place.proxy.redirect(other);
      place.proxy.cut();
      await sleep(random.integer(100, 600));
      place.proxy.redirect(place.database);
      place.proxy.cut();
      const ended = await run.ended;
      return {
        outcome: struck ? "struck" : "missed",
        runs: [ended],
        problems: [
          ...whyNotThrough(scene, ended),
          ...nothingWritten([before], [await observe(other, "")]),
        ],
      };
    },
  },
  {
    name: "replica-among-the-hosts",
    row: 14,
    async inject(scene) {
      const [place] = scene.places;
      const { replica } = await standBy(scene, place);
      await replica.catchUp();
      const { pathname } = new URL(place.database.url);
      const url = new URL(pathname, replica.url).href;
      const alone = await scene.run({ hosts: [url] });
      const all = await scene.run({ hosts: [url, ...scene.places.map(({ proxy }) => proxy.url)] });
      return {
        outcome: "struck",
        runs: [alone, all],
        problems: [
          ...(alone.status === 1 ? [] : ["a run on a replica alone was not refused"]),
          ...whyNotThrough(scene, all),
        ],
      };
    },
  },
  {
    name: "synchronous-standby-missing",
    row: 15,
    versions,
    async inject(scene, random) {
      const { place } = scene.drawPlace(random);
      const configure = async (sql: string) => {
        await place.node.query(sql);
        await place.node.query("SELECT pg_reload_conf()");
      };
      const run = scene.start();
      await run.isAtWorkFor(random.integer(0, usualWorkMs / 3));
      await configure("ALTER SYSTEM SET synchronous_standby_names = 'missing'");
      let freed = 0;
      try {
        for (let n = random.integer(1, 6); n > 0 && (await run.goesOnFor(30)); n--) {
          const how = random.pick(["pg_cancel_backend", "pg_terminate_backend"]);
          const waiting = await place.database.query(
            `SELECT ${how}(pid) FROM pg_stat_activity
              WHERE datname = current_database() AND wait_event = 'SyncRep'`,
          );
          freed += waiting.length;
        }
      } finally {
        await configure("ALTER SYSTEM RESET synchronous_standby_names");
      }
      const ended = await run.ended;
      return {
        outcome: freed > 0 ? "struck" : "missed",
        runs: [ended],
        problems: whyNotThrough(scene, ended),
      };
    },
  },
];
