import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect } from "vitest";

/** Longer than any test may take. */
const hungAfterMs = 150_000;

/** Sleeps, unless there is a test to watch; ends the process if that has kept it busy all the time. */
const watch = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { writeSync } = require("node:fs");
  const beats = new Int32Array(workerData.beats);
  let timer;
  parentPort.on("message", (test) => {
    clearInterval(timer);
    if (test === undefined) {
      return;
    }
    let [seen, silentMs] = [Atomics.load(beats, 0), 0];
    timer = setInterval(() => {
      const now = Atomics.load(beats, 0);
      silentMs = now === seen ? silentMs + 1000 : 0;
      seen = now;
      if (silentMs >= workerData.hungAfterMs) {
        writeSync(2, "\\nThe command is in an endless loop, in the test: " + test + "\\n");
        process.kill(process.pid, "SIGKILL");
      }
    }, 1000);
  });
`;

let watcher: { readonly worker: Worker; readonly beats: Int32Array } | undefined;

/** Gets ready to watch, so that it takes no time from what is watched first. */
export async function startHangWatch(): Promise<void> {
  if (watcher === undefined) {
    watcher = startWatcher();
    await once(watcher.worker, "online");
  }
}

/**
 * Watches what runs in this process until the function that it gives is called. Vitest ends a test that waits for
 * ever, but it can do nothing in a process that never comes to it.
 */
export function watchForHangs(): () => void {
  watcher ??= startWatcher();
  const { worker, beats } = watcher;
  const { testPath, currentTestName } = expect.getState();
  worker.postMessage(`${testPath} > ${currentTestName}`);
  const beat = setInterval(() => Atomics.add(beats, 0, 1), 500);
  return () => {
    clearInterval(beat);
    worker.postMessage(undefined);
  };
}

function startWatcher() {
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const workerData = { beats: beats.buffer, hungAfterMs };
  const worker = new Worker(watch, { eval: true, workerData });
  worker.unref();
  return { worker, beats };
}
