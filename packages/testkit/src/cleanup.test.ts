import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startNodes } from "./start-nodes.js";

const packageDirectory = join(import.meta.dirname, "..");

/** Starts two nodes with a busy backend and a database, says where they are, then does `last`. */
const program = (last: string) => `
  import { startNodes } from "@pg-mig/testkit";
  const { nodes, directory } = await startNodes({ count: 2 });
  const client = await nodes[0].connect();
  client.query("SELECT pg_sleep(600)").catch(() => {});
  await nodes[1].createDatabase();
  console.log(directory);
  ${last}
`;

interface Ending {
  readonly name: string;
  readonly last: string;
  readonly signal?: NodeJS.Signals;
}

it.each<Ending>([
  { name: "is killed with kill -9", last: "setInterval(() => {}, 1000)", signal: "SIGKILL" },
  { name: "gets Ctrl-C", last: "setInterval(() => {}, 1000)", signal: "SIGINT" },
  { name: "is told to end", last: "setInterval(() => {}, 1000)", signal: "SIGTERM" },
  { name: "ends without stopping its cluster", last: "client.end()" },
  { name: "exits in the middle", last: "process.exit(3)" },
  { name: "throws", last: "throw new Error('as planned')" },
])("leaves no process and no directory behind when the program $name", async (ending) => {
  const child = spawn(process.execPath, ["--input-type=module", "-e", program(ending.last)], {
    cwd: packageDirectory,
    stdio: ["ignore", "pipe", "ignore"],
    // A process group of its own, as a terminal makes one, to send the signal to.
    detached: true,
  });
  const [chunk] = await once(child.stdout, "data");
  const directory = String(chunk).trim();
  expect(directory).toContain("/pgkit-");
  if (ending.signal !== undefined) {
    expect(processesNaming(directory)).not.toEqual([]);
    process.kill(-pidOf(child), ending.signal);
  }
  await ended(child);
  await expect.poll(() => processesNaming(directory), { timeout: 20_000 }).toEqual([]);
  await expect.poll(() => existsSync(directory), { timeout: 20_000 }).toBe(false);
});

it("cleans up when the watchdog itself was killed", async () => {
  const cluster = await startNodes();
  const directory = cluster.directory;
  const watchdogs = processesNaming(directory).filter(({ command }) => /watchdog/.test(command));
  expect(watchdogs).toHaveLength(1);
  for (const { pid } of watchdogs) {
    process.kill(pid, "SIGKILL");
  }
  await cluster.stop();
  expect(processesNaming(directory)).toEqual([]);
  expect(existsSync(directory)).toBe(false);
});

it("stops a server that is frozen", async () => {
  const cluster = await startNodes();
  const directory = cluster.directory;
  for (const { pid } of processesNaming(`-D ${directory}`)) {
    process.kill(pid, "SIGSTOP");
  }
  await cluster.stop();
  expect(processesNaming(directory)).toEqual([]);
});

it("waits until the stopped servers' backends are gone", async () => {
  const cluster = await startNodes();
  const client = await cluster.node.connect();
  const [row] = (await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid")).rows;
  client.query("SELECT pg_sleep(600)").catch(() => {});
  await cluster.stop();
  expect(() => process.kill(Number(row?.pid), 0)).toThrow("ESRCH");
});

function processesNaming(word: string) {
  const lines = execFileSync("ps", ["-axww", "-o", "pid=,command="], { encoding: "utf8" });
  return lines
    .split("\n")
    .filter((line) => line.includes(word))
    .map((line) => ({ pid: Number.parseInt(line, 10), command: line }));
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) {
    throw new Error("The program did not start.");
  }
  return child.pid;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    await once(child, "exit");
  }
}
