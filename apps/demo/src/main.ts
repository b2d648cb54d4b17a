import { constants } from "node:os";
import { ExpectationError } from "./expectation.js";
import { ShopCluster } from "./shop-cluster.js";
import { Stage } from "./stage.js";
import { playStory } from "./story.js";

const interruption = new AbortController();
let interrupts = 0;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (signal === "SIGINT") {
      interrupts++;
    }
    if (!interruption.signal.aborted) {
      process.exitCode = 128 + constants.signals[signal];
      interruption.abort(signal);
    } else if (interrupts > 1) {
      // Ctrl-C for a second time (npm answers the first one with a SIGTERM of its own). The servers
      // are stopped all the same: the testkit sees to it when this process is gone.
      process.exit();
    }
  });
}
// The terminal may be gone before the servers are stopped.
process.stdout.on("error", () => {});

try {
  await perform(new Stage(process.stdout, process.env), interruption.signal);
} catch (error) {
  if (!interruption.signal.aborted) {
    process.exitCode = 1;
    const told = error instanceof ExpectationError;
    console.error(told ? `The demo went wrong. ${error.message}` : error);
  }
}

async function perform(stage: Stage, signal: AbortSignal): Promise<void> {
  const startedAt = Date.now();
  stage.say("Starting three PostgreSQL servers ...");
  const shop = await ShopCluster.start();
  try {
    signal.throwIfAborted();
    const { PGHOST, PGUSER, PGDATABASE } = shop.env;
    stage.say(
      `Started in ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`,
      "pg-mig finds them by its environment:",
      "",
      `  PGHOST=${PGHOST}`,
      `  PGUSER=${PGUSER} PGDATABASE=${PGDATABASE} PGPASSWORD=...`,
    );
    await playStory({ stage, shop, signal });
    stage.say("", "That was all.");
  } finally {
    await shop.stop();
    stage.say("The servers are stopped, their files removed.");
  }
}
