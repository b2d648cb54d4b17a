import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { removeCluster } from "./remove-cluster.js";
import { TestkitError } from "./testkit-error.js";

/** Keeps a cluster from outliving the process that started it. */
export interface ClusterGuard {
  /** Ends the cluster's processes, removes its directory, and waits until that is done. */
  cleanUp(): Promise<void>;
}

/**
 * Waits until the input ends, as it does when the cluster is stopped, and as well when the tests' process is gone,
 * whatever became of it. Then there mostly is nothing left to do, for which Node would be started in vain.
 */
const waiting = `trap "" INT TERM HUP
while read -r _; do :; done
if [ -d "$3" ]; then exec "$1" "$2" "$3"; fi`;

/**
 * Starts the watchdog of a cluster: a process that cleans up when the pipe to it closes, which the
 * operating system does for a process that was killed, too.
 */
export async function guardCluster(directory: string): Promise<ClusterGuard> {
  const watchdog = await startWatchdog(directory);
  return {
    async cleanUp() {
      await removeCluster(directory).catch((cause: unknown) => {
        throw new TestkitError(`The directory ${directory} could not be removed.`, {
          code: "CLEANUP_FAILED",
          hint: "Look what holds it, and remove it by hand.",
          cause,
        });
      });
      await ended(watchdog);
    },
  };
}

async function startWatchdog(directory: string): Promise<ChildProcess> {
  const script = fileURLToPath(new URL("./watchdog.js", import.meta.url));
  const args = ["-c", waiting, "sh", process.execPath, script, directory];
  const child = spawn("/bin/sh", args, {
    cwd: "/",
    stdio: ["pipe", "ignore", "inherit"],
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

async function ended(watchdog: ChildProcess): Promise<void> {
  watchdog.ref();
  watchdog.stdin?.on("error", () => {}).end();
  if (watchdog.exitCode === null && watchdog.signalCode === null) {
    await once(watchdog, "exit");
  }
}
