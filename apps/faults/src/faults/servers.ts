import { setTimeout as sleep } from "node:timers/promises";
import { backendsOfTool } from "../database-activity.js";
import type { Fault, Injected } from "../fault.js";
import type { Random } from "../random.js";
import type { ScenePlace } from "../scene.js";
import { passingTrouble } from "./passing-trouble.js";

async function killOneBackend(
  { database }: ScenePlace,
  random: Random,
): Promise<Injected["outcome"]> {
  const [pid] = random.shuffled(await backendsOfTool(database));
  if (pid === undefined) {
    return "missed";
  }
  process.kill(pid, "SIGKILL");
  return "struck";
}

async function terminateBackends(
  { database }: ScenePlace,
  random: Random,
): Promise<Injected["outcome"]> {
  let outcome: Injected["outcome"] = "missed";
  for (let n = random.integer(1, 5); n > 0; n--) {
    const [pid] = random.shuffled(await backendsOfTool(database));
    if (pid === undefined) {
      continue;
    }
    await database.query(`SELECT pg_terminate_backend(${pid})`);
    outcome = "struck";
    await sleep(random.integer(0, 40));
  }
  return outcome;
}

/** Takes all connections that the server has left, and gives them back after a while. */
async function takeAllConnections({ node }: ScenePlace, random: Random): Promise<"struck"> {
  const taken = [];
  try {
    for (;;) {
      taken.push(await node.connect());
    }
  } catch {
    await sleep(random.integer(50, 1000));
  } finally {
    await Promise.all(taken.map((client) => client.end()));
  }
  return "struck";
}

export const serverFaults: readonly Fault[] = [
  passingTrouble({ name: "terminate-backends", row: 9, weight: 4, trouble: terminateBackends }),
  passingTrouble({ name: "kill-one-backend", row: 11, weight: 2, trouble: killOneBackend }),
  passingTrouble({
    name: "crash-server",
    row: 11,
    weight: 2,
    async trouble({ node }) {
      await node.kill();
      await node.start();
      return "struck";
    },
  }),
  passingTrouble({
    name: "immediate-stop",
    row: 12,
    weight: 2,
    trouble: ({ node }) => node.restart("immediate").then(() => "struck"),
  }),
  passingTrouble({
    name: "fast-restart",
    row: 12,
    weight: 2,
    trouble: ({ node }) => node.restart("fast").then(() => "struck"),
  }),
  passingTrouble({ name: "connections-exhausted", row: 26, trouble: takeAllConnections }),
];
