import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import type { ServerUser } from "./server-user.js";

export interface SpawnServerOptions {
  readonly directory: string;
  /** What the server says is added to it. */
  readonly logFile: string;
  readonly user: ServerUser | undefined;
}

/** Starts the process of a server. This process does not wait for it to end. */
export async function spawnServer(
  program: string,
  args: readonly string[],
  { directory, logFile, user }: SpawnServerOptions,
): Promise<ChildProcess> {
  const log = await open(logFile, "a");
  try {
    const child = spawn(program, args, {
      cwd: directory,
      stdio: ["ignore", log.fd, log.fd],
      // A session of its own: Ctrl-C in the terminal is for the tests, not for the server.
      detached: true,
      ...user,
    });
    await once(child, "spawn");
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}
