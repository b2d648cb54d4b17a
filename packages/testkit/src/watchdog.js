// A process beside the tests that stops a cluster's servers and removes its directory as soon as
// its input ends: when the cluster is stopped, and as well when the tests' process is gone,
// whatever became of it. It is JavaScript so that Node can start it from src as from dist.
//
//   node watchdog.js DIRECTORY
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

const directory = process.argv[2];
if (!directory) throw new Error("Expected the directory of a cluster.");
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});

process.stdin.resume();
process.stdin.on("error", () => {});
process.stdin.once("close", async () => {
  await endProcesses();
  rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

/** SIGQUIT makes a server take its children along at once; SIGKILL is for one that does not. */
async function endProcesses() {
  const startedAt = Date.now();
  const asked = new Set();
  for (let found = processesOfCluster(); found.length > 0; found = processesOfCluster()) {
    const late = Date.now() - startedAt > 5000;
    for (const pid of found) {
      if (asked.has(pid) && !late) continue;
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

/** Servers and initdb are known by the data directory in their command line, never by a number in
 * a file, which may by now belong to a stranger. */
function processesOfCluster() {
  return commandLines()
    .filter(([, command]) => command.includes(` -D ${directory}/`))
    .map(([pid]) => pid);
}

/** @returns {[number, string][]} */
function commandLines() {
  if (process.platform === "linux") {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), commandLine(name)]);
  }
  const { stdout } = spawnSync("ps", ["-axww", "-o", "pid=,command="], { encoding: "utf8" });
  return stdout.split("\n").map((line) => [Number.parseInt(line, 10), line]);
}

/** @param {string} pid */
function commandLine(pid) {
  try {
    return readFileSync(join("/proc", pid, "cmdline"), "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}
