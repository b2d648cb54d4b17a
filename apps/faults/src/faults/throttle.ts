import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { whyNotThrough } from "../expectations.js";
import type { Fault } from "../fault.js";
import type { ScenePlace } from "../scene.js";

const config = `export default { throttle: { hold: "SELECT EXISTS (SELECT FROM debug_held.now)" } };\n`;

/** The throttle looks once a second. */
const severalLooksMs = 2500;

type Trouble = (place: ScenePlace) => unknown;

/** What may happen meanwhile to a node, and to the connection that looks at it. */
const troubles: readonly [Trouble, ...Trouble[]] = [
  () => {},
  ({ proxy }) => proxy.cut(),
  ({ database }) =>
    database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`),
];

export const throttleFaults: readonly Fault[] = [
  {
    name: "held-node",
    row: 35,
    async inject(scene, random) {
      await writeFile(join(scene.migrationDirectory, "pg-mig.config.mjs"), config);
      const { place, others } = scene.drawPlace(random);
      for (const { database } of scene.places) {
        await database.query("CREATE SCHEMA debug_held; CREATE TABLE debug_held.now ()");
      }
      await place.database.query("INSERT INTO debug_held.now DEFAULT VALUES");
      const run = scene.start({ config: "read" });
      const isHeld = await run.until(
        (event) => event.type === "node:paused" && event.node === place.label,
      );
      await random.pick(troubles)(place);
      const goesOn = await run.goesOnFor(severalLooksMs);
      const begun = run.events.filter(
        (event) => event.type === "step:start" && event.node === place.label,
      );
      await place.database.query("TRUNCATE debug_held.now");
      const ended = await run.ended;
      return {
        outcome: isHeld && goesOn ? "struck" : "missed",
        runs: [ended],
        problems: [
          ...(isHeld ? [] : [`nobody was told that ${place.label} is held`]),
          ...(begun.length === 0 ? [] : [`${begun.length} versions began on a held node`]),
          ...whyNotThrough(scene, ended),
        ],
        spared: others.map(({ label }) => label),
      };
    },
  },
];
