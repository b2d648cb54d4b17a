// Finds the processes of test servers by where they work, never by a number in a file, which may by
// now belong to a stranger. JavaScript because the watchdog runs it (see there).
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import process from "node:process";

/**
 * The ids of all servers whose data directories lie in `directory`, of their backends, and of
 * initdb; those of the servers first.
 *
 * @param {string} directory
 * @returns {number[]}
 */
export function processesIn(directory) {
  return process.platform === "linux" ? fromProc(directory) : fromPs(directory);
}

/** PostgreSQL and initdb name their data directory; PgBouncer has its settings as its one argument.
 * @param {string} command
 * @param {string} directory */
function isServer(command, directory) {
  return (
    command.includes(` -D ${directory}/`) ||
    command.includes(`pgbouncer ${directory}/pgbouncer.ini`)
  );
}

/** A backend still works in the data directory when its server was killed and has left it alone.
 * @param {string} directory */
function fromProc(directory) {
  const servers = [];
  const backends = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      if (isServer(command, directory)) {
        servers.push(Number(pid));
      } else if (command.startsWith("postgres: ")) {
        if (readlinkSync(`/proc/${pid}/cwd`).startsWith(`${directory}/`)) {
          backends.push(Number(pid));
        }
      }
    } catch {
      // It ended meanwhile, or is somebody else's.
    }
  }
  return [...servers, ...backends];
}

/** @param {string} directory */
function fromPs(directory) {
  const args = ["-axww", "-o", "pid=,ppid=,command="];
  const { stdout } = spawnSync("ps", args, { encoding: "utf8" });
  const processes = stdout.split("\n").map((line) => {
    const [pid, parent] = line.trim().split(/\s+/, 2).map(Number);
    return { pid: pid ?? 0, parent: parent ?? 0, line };
  });
  const servers = processes.filter(({ line }) => isServer(line, directory)).map(({ pid }) => pid);
  const backends = processes.filter(({ parent }) => servers.includes(parent)).map(({ pid }) => pid);
  return [...new Set([...servers, ...backends])];
}
