import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { TestkitError } from "./testkit-error.js";

/** Keeps a cluster from outliving the process that started it. */
export interface ClusterGuard {
  /** Ends the cluster's processes, removes its directory, and waits until that is done. */
  cleanUp(): Promise<void>;
}

/**
 * Starts the watchdog of a cluster: a process that cleans up when the pipe to it closes, which the
 * operating system does for a process that was killed, too.
 */
export async function guardCluster(directory: string): Promise<ClusterGuard> {
  const watchdog = await startWatchdog(directory, "pipe");
  return {
    async cleanUp() {
      if (await endedWell(watchdog)) {
        return;
      }
      // Somebody has killed the watchdog: one that finds its input at its end does the work now.
      if (await endedWell(await startWatchdog(directory, "ignore"))) {
        return;
      }
      throw new TestkitError(`The directory ${directory} could not be removed.`, {
        code: "CLEANUP_FAILED",
        hint: "Look what holds it, and remove it by hand.",
      });
    },
  };
}

async function startWatchdog(directory: string, input: "pipe" | "ignore"): Promise<ChildProcess> {
  const script = fileURLToPath(new URL("./watchdog.js", import.meta.url));
  const child = spawn(process.execPath, [script, directory], {
    cwd: "/",
    stdio: [input, "ignore", "inherit"],
    detached: true,
    // Flags meant for the tests (a debugger's port, a loader) are not meant for it.
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  await once(child, "spawn");
  child.unref();
  // The process of the tests may end without a word; that is what the watchdog waits for.
  if (child.stdin instanceof Socket) {
    child.stdin.unref();
  }
  return child;
}

async function endedWell(watchdog: ChildProcess): Promise<boolean> {
  watchdog.ref();
  watchdog.stdin?.on("error", () => {}).end();
  if (watchdog.exitCode === null && watchdog.signalCode === null) {
    await once(watchdog, "exit");
  }
  return watchdog.exitCode === 0;
}
