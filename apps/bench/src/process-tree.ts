import { readFile } from "node:fs/promises";

// What Linux tells of processes in /proc. Elsewhere there is no such directory, and nothing is known.

/** `/proc` counts time in hundredths of a second. */
const tickMs = 10;

/** The processes that this one has started, and those that they have, and so on. */
export async function descendants(pid: number): Promise<number[]> {
  const pids = await children(pid);
  for (const child of pids) {
    pids.push(...(await children(child)));
  }
  return pids;
}

/** The processes that this one has started and that are still there. */
export async function children(pid: number): Promise<number[]> {
  const text = await read(`/proc/${pid}/task/${pid}/children`);
  return (text ?? "").split(" ").filter(Boolean).map(Number);
}

/**
 * User and system time of a process and of all ended ones that it has waited for; `undefined`: it
 * is gone, or the system does not tell.
 */
export async function cpuMs(pid: number): Promise<number | undefined> {
  const stat = await read(`/proc/${pid}/stat`);
  // The name before may hold blanks and parentheses.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = fields?.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return ticks === undefined ? undefined : ticks * tickMs;
}

/** A size of memory that a process has or had, in megabytes, by its name in `/proc/<pid>/status`. */
export async function memoryMb(
  pid: number,
  name: "VmHWM" | "RssAnon",
): Promise<number | undefined> {
  const status = await read(`/proc/${pid}/status`);
  const kb = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status ?? "")?.[1];
  return kb === undefined ? undefined : Number(kb) / 1024;
}

async function read(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}
