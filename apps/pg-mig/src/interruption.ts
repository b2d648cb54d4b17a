import { exitStatus } from "./exit-status.js";

/** Where signals come from: structurally, `process`. */
export interface SignalSource {
  on(signal: "SIGINT" | "SIGTERM" | "SIGHUP", listener: () => void): unknown;
  off(signal: "SIGINT" | "SIGTERM" | "SIGHUP", listener: () => void): unknown;
  /** Ends the process, or has it ended. */
  exit(status: number): void;
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
  const leave = (of: number) => {
    dispose();
    source.exit(of);
    // If the process goes on nevertheless, the run does not.
    status = of;
    controller.abort();
  };
  const listen = (of: number) => () => {
    if (foreignCode) {
      leave(status ?? of);
    } else if (status === undefined) {
      status = of;
      firstAtMs = now();
      controller.abort();
    } else if (of !== exitStatus.hungUp && now() - firstAtMs >= sameSignalMs) {
      // Nobody hangs up twice: the second SIGHUP is the shell's, after the terminal's.
      leave(status);
    }
  };
  const listeners = [
    ["SIGINT", listen(exitStatus.interrupted)],
    ["SIGTERM", listen(exitStatus.terminated)],
    ["SIGHUP", listen(exitStatus.hungUp)],
  ] as const;
  const dispose = () => {
    for (const [signal, listener] of listeners) {
      source.off(signal, listener);
    }
  };
  for (const [signal, listener] of listeners) {
    source.on(signal, listener);
  }
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
    dispose,
  };
}

/** What is never interrupted: the signals of a process belong to whoever calls us. */
export const uninterrupted: Interruption = {
  signal: new AbortController().signal,
  exitStatus: undefined,
  leaveAtOnceDuring: (run) => run(),
  dispose: () => {},
};
