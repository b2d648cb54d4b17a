import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { processesIn } from "./cluster-processes.js";
import type { ServerUser } from "./server-user.js";
import { spawnServer } from "./spawn-server.js";
import { TestkitError } from "./testkit-error.js";

export interface ServerProcessOptions {
  readonly binDirectory: string;
  readonly dataDirectory: string;
  readonly logFile: string;
  readonly user: ServerUser | undefined;
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
}

/** PostgreSQL's two quick ways to stop. */
export type StopMode = "fast" | "immediate";

/** A start that is not through after this time has failed; a slow machine needs about a second. */
const startTimeoutMs = 60_000;

/**
 * Starts a server and waits until it accepts connections.
 *
 * @throws TestkitError `NODE_DID_NOT_START` with the end of the server's log.
 */
export async function startServer(options: ServerProcessOptions): Promise<ChildProcess> {
  const { binDirectory, dataDirectory, logFile, port, user } = options;
  const logStart = (await readLog(logFile)).length;
  const settings = Object.entries(options.settings).flatMap(([name, value]) => [
    "-c",
    `${name}=${value}`,
  ]);
  const child = await spawnServer(
    join(binDirectory, "postgres"),
    ["-D", dataDirectory, "-p", String(port), ...settings],
    { directory: dataDirectory, logFile, user },
  );
  const deadline = Date.now() + startTimeoutMs;
  while (!hasEnded(child) && Date.now() < deadline) {
    if (await isReady(child, dataDirectory)) {
      return child;
    }
    await sleep(15);
  }
  await endServer(child, "immediate");
  const said = (await readLog(logFile)).slice(logStart).trim();
  throw new TestkitError(`PostgreSQL did not start on port ${port}: ${said}`, {
    code: "NODE_DID_NOT_START",
    hint: "The server's own words above say why; look at the settings that were given.",
  });
}

/** Ends a server and waits until it is gone. Does nothing when it is gone already. */
export async function endServer(child: ChildProcess, mode: StopMode): Promise<void> {
  if (hasEnded(child)) {
    return;
  }
  const exit = once(child, "exit");
  child.ref();
  child.kill(mode === "fast" ? "SIGINT" : "SIGQUIT");
  await exit;
}

/**
 * Kills a server and all its backends, as if the machine had lost its power. The backends have to
 * be killed, too: a busy one does not notice for minutes that its server is gone.
 */
export async function crashServer(child: ChildProcess, directory: string): Promise<void> {
  const exit = hasEnded(child) ? undefined : once(child, "exit");
  child.ref();
  for (let found = processesIn(directory); found.length > 0; found = processesIn(directory)) {
    for (const pid of found) {
      killNow(pid);
    }
    await sleep(5);
  }
  await exit;
}

function killNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended meanwhile.
  }
}

export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** The server's log so far; empty before its first start. */
export async function readLog(logFile: string): Promise<string> {
  return readFile(logFile, "utf8").catch(() => "");
}

/**
 * The last line of the server's own pid file says how far it is; pg_ctl waits the same way. The
 * file of a crashed server is still there, with another number.
 */
async function isReady(child: ChildProcess, dataDirectory: string): Promise<boolean> {
  const text = await readFile(join(dataDirectory, "postmaster.pid"), "utf8").catch(() => "");
  const lines = text.split("\n").map((line) => line.trim());
  return lines[0] === String(child.pid) && (lines[7] === "ready" || lines[7] === "standby");
}
