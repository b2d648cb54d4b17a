import { exitStatus } from "./exit-status.js";

/** Where signals come from: structurally, `process`. */
export interface SignalSource {
  on(signal: "SIGINT" | "SIGTERM" | "SIGHUP", listener: () => void): unknown;
  off(signal: "SIGINT" | "SIGTERM" | "SIGHUP", listener: () => void): unknown;
  exit(status: number): never;
}

/** Turns Ctrl-C, SIGTERM and SIGHUP into an `AbortSignal`. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** The status to exit with, if a signal came. */
  readonly exitStatus: number | undefined;
  /**
   * Runs code of the user's (a config file), which cannot be asked to stop, while nothing is open
   * that would have to be rolled back: meanwhile the first signal leaves at once, too.
   */
  leaveAtOnceDuring<T>(run: () => Promise<T>): Promise<T>;
  /** Stops listening. */
  dispose(): void;
}

/** npm and its like answer one Ctrl-C with a signal of their own: signals so close together are one. */
const sameSignalMs = 300;

/**
 * The first signal aborts: the run cancels what it does and reports. The second leaves at once; the
 * servers then roll back what was open.
 */
export function listenForInterruption(
  source: SignalSource,
  now: () => number = () => performance.now(),
): Interruption {
  const controller = new AbortController();
  let status: number | undefined;
  let firstAtMs = 0;
  let foreignCode = false;
  const listen = (of: number) => () => {
    if (foreignCode) {
      source.exit(status ?? of);
    } else if (status === undefined) {
      status = of;
      firstAtMs = now();
      controller.abort();
    } else if (now() - firstAtMs >= sameSignalMs) {
      source.exit(status);
    }
  };
  const onInterrupt = listen(exitStatus.interrupted);
  const onTerminate = listen(exitStatus.terminated);
  const onHangUp = listen(exitStatus.hungUp);
  source.on("SIGINT", onInterrupt);
  source.on("SIGTERM", onTerminate);
  source.on("SIGHUP", onHangUp);
  return {
    signal: controller.signal,
    get exitStatus() {
      return status;
    },
    async leaveAtOnceDuring(run) {
      foreignCode = true;
      try {
        return await run();
      } finally {
        foreignCode = false;
      }
    },
    dispose() {
      source.off("SIGINT", onInterrupt);
      source.off("SIGTERM", onTerminate);
      source.off("SIGHUP", onHangUp);
    },
  };
}

/** What is never interrupted: the signals of a process belong to whoever calls us. */
export const uninterrupted: Interruption = {
  signal: new AbortController().signal,
  exitStatus: undefined,
  leaveAtOnceDuring: (run) => run(),
  dispose: () => {},
};
