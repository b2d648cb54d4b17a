import process from "node:process";

/** How long this process has been at work so far, on all processors, in milliseconds. */
export function processCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
