// Ends a cluster's processes and removes its directory. JavaScript because the watchdog runs it (see there).
import { existsSync, rmSync } from "node:fs";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { processesIn } from "./cluster-processes.js";

/**
 * Resolves when nothing is left. Rejects if the directory cannot be removed.
 *
 * @param {string} directory
 */
export async function removeCluster(directory) {
  for (let attempt = 1; existsSync(directory); attempt++) {
    await endProcesses(directory);
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
}

/** SIGQUIT makes a server take its backends along at once; SIGKILL is for those that remain.
 * @param {string} directory */
async function endProcesses(directory) {
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
