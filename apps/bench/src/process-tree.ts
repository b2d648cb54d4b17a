import { readFileSync } from "node:fs";

// What Linux tells of processes in /proc. Elsewhere there is no such directory, and nothing is known.

/** `/proc` counts time in hundredths of a second. */
const tickMs = 10;

/** The processes that this one has started, and those that they have, and so on. */
export function descendants(pid: number): number[] {
  const pids = children(pid);
  for (const child of pids) {
    pids.push(...children(child));
  }
  return pids;
}

/** The processes that this one has started and that are still there. */
export function children(pid: number): number[] {
  const text = read(`/proc/${pid}/task/${pid}/children`);
  return (text ?? "").split(" ").filter(Boolean).map(Number);
}

/**
 * User and system time of a process and of all ended ones that it has waited for; `undefined`: it
 * is gone, or the system does not tell.
 */
export function cpuMs(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`);
  // The name before may hold blanks and parentheses.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = fields?.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return ticks === undefined ? undefined : ticks * tickMs;
}

/** A size of memory that a process has or had, in megabytes, by its name in `/proc/<pid>/status`. */
export function memoryMb(pid: number, name: "VmHWM" | "RssAnon"): number | undefined {
  const status = read(`/proc/${pid}/status`);
  const kb = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status ?? "")?.[1];
  return kb === undefined ? undefined : Number(kb) / 1024;
}

/** At once: the system has it in memory, and to have another thread ask it takes several times as long. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
