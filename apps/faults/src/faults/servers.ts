import { setTimeout as sleep } from "node:timers/promises";
import { backendsOfTool } from "../database-activity.js";
import { whyNotThrough } from "../expectations.js";
import type { Fault } from "../fault.js";
import type { Random } from "../random.js";
import type { ScenePlace } from "../scene.js";
import { USUAL_WORK_MS } from "./killed-tool.js";

/** Does something to the server of one node while versions are run; it is back soon. */
function passingTrouble(
  name: string,
  row: number,
  trouble: (place: ScenePlace, random: Random) => Promise<void>,
  weight = 2,
): Fault {
  return {
    name,
    row,
    weight,
    async inject(scene, random) {
      const { place, others } = scene.drawPlace(random);
      const run = scene.start();
      const struck = await run.isAtWorkFor(random.integer(0, USUAL_WORK_MS));
      await trouble(place, random);
      const ended = await run.ended;
      return {
        outcome: struck ? "struck" : "missed",
        runs: [ended],
        problems: whyNotThrough(scene, ended),
        spared: others.map(({ label }) => label),
      };
    },
  };
}

async function killOneBackend({ database }: ScenePlace, random: Random): Promise<void> {
  const [pid] = random.shuffled(await backendsOfTool(database));
  if (pid !== undefined) process.kill(pid, "SIGKILL");
}

async function terminateBackends({ database }: ScenePlace, random: Random): Promise<void> {
  for (let n = random.integer(1, 5); n > 0; n--) {
    const [pid] = random.shuffled(await backendsOfTool(database));
    if (pid !== undefined) await database.query(`SELECT pg_terminate_backend(${pid})`);
    await sleep(random.integer(0, 40));
  }
}

/** Takes all connections that the server has left, and gives them back after a while. */
async function takeAllConnections({ node }: ScenePlace, random: Random): Promise<void> {
  const taken = [];
  try {
    for (;;) taken.push(await node.connect());
  } catch {
    await sleep(random.integer(50, 1000));
  } finally {
    await Promise.all(taken.map((client) => client.end()));
  }
}

export const serverFaults: readonly Fault[] = [
  passingTrouble("terminate-backends", 9, terminateBackends, 4),
  passingTrouble("kill-one-backend", 11, killOneBackend),
  passingTrouble("crash-server", 11, async ({ node }) => {
    await node.kill();
    await node.start();
  }),
  passingTrouble("immediate-stop", 12, ({ node }) => node.restart("immediate")),
  passingTrouble("fast-restart", 12, ({ node }) => node.restart("fast")),
  passingTrouble("connections-exhausted", 26, takeAllConnections),
];
