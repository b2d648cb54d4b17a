// A process beside the tests that stops a cluster's servers and removes its directory as soon as
// its input ends: when the cluster is stopped, and as well when the tests' process is gone,
// whatever became of it. It is JavaScript so that Node can start it from src as from dist.
//
//   node watchdog.js DIRECTORY
import { existsSync, rmSync } from "node:fs";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { processesIn } from "./cluster-processes.js";

const directory = process.argv[2] ?? "";
if (directory === "") {
  throw new Error("Expected the directory of a cluster.");
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {});
}

process.stdin.on("error", () => {});
await new Promise((resolve) => {
  for (const event of ["end", "close"]) {
    process.stdin.once(event, resolve);
  }
  process.stdin.resume();
});
for (let attempt = 1; existsSync(directory); attempt++) {
  await endProcesses();
  try {
    rmSync(directory, { recursive: true, force: true });
  } catch (error) {
    // Something that was just being started still writes there.
    if (attempt === 50) {
      throw error;
    }
    await sleep(100);
  }
}

/** SIGQUIT makes a server take its backends along at once; SIGKILL is for those that remain. */
async function endProcesses() {
  const startedAt = Date.now();
  const asked = new Set();
  for (let found = processesIn(directory); found.length > 0; found = processesIn(directory)) {
    const late = Date.now() - startedAt > 3000;
    for (const pid of found.filter((candidate) => late || !asked.has(candidate))) {
      asked.add(pid);
      send(pid, "SIGCONT");
      send(pid, late ? "SIGKILL" : "SIGQUIT");
    }
    await sleep(20);
  }
}

/** @param {number} pid @param {NodeJS.Signals} signal */
function send(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended meanwhile.
  }
}
