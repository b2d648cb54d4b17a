import { setImmediate as nextTurn } from "node:timers/promises";
import { exitStatus } from "./exit-status.js";
import type { TerminalStream } from "./view/terminal.js";

/** What is guarded: structurally, `process.stdout` and `process.stderr`. */
export interface RawOutput extends TerminalStream {
  write(text: string, done?: (error?: Error | null) => void): unknown;
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
  off(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
  readonly writableLength: number;
}

/** A stream that never throws, and what became of it. */
interface GuardedOutput extends TerminalStream {
  /** Why something could not be written, if that is bad news: a reader that went away is none. */
  readonly failure: NodeJS.ErrnoException | undefined;
  /** Says something about the streams, also when the work has ended. */
  say(text: string): void;
  /** Takes nothing more of what is written: the work has ended, and this was its last word. */
  close(): void;
  /** Resolves when all is written that ever will be. */
  flushed(): Promise<void>;
  /** Leaves the stream as it was. */
  release(): void;
}

/**
 * Does work whose output streams it survives, and gives its exit status when all is written. A reader that
 * went away (`pg-mig --list | head -1`) has what it wanted; a full disk, or a terminal that is gone, is no
 * reason to stop half-way: the work goes on, the other stream says so, and the status tells it.
 */
export async function guardingOutput(
  streams: { readonly stdout: RawOutput; readonly stderr: RawOutput },
  work: (guarded: {
    readonly stdout: TerminalStream;
    readonly stderr: TerminalStream;
  }) => Promise<number>,
): Promise<number> {
  const stdout = guard(streams.stdout);
  const stderr = guard(streams.stderr);
  try {
    const status = await work({ stdout, stderr });
    // A bug may have ended it, and left something that goes on until the process ends.
    stdout.close();
    stderr.close();
    await Promise.all([stdout.flushed(), stderr.flushed()]);
    sayWhatIsLost("stdout", stdout.failure, stderr);
    sayWhatIsLost("stderr", stderr.failure, stdout);
    const lost = stdout.failure !== undefined || stderr.failure !== undefined;
    return status === exitStatus.done && lost ? exitStatus.failed : status;
  } finally {
    await Promise.all([stdout.flushed(), stderr.flushed()]);
    stdout.release();
    stderr.release();
  }
}

function sayWhatIsLost(
  name: string,
  failure: NodeJS.ErrnoException | undefined,
  other: GuardedOutput,
): void {
  if (failure !== undefined) {
    other.say(`warning: Not all output could be written to ${name}: ${failure.message}\n`);
  }
}

function guard(stream: RawOutput): GuardedOutput {
  let failure: NodeJS.ErrnoException | undefined;
  const note = (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED") {
      failure ??= error;
    }
  };
  stream.on("error", note);
  let isOpen = true;
  const write = (text: string) => {
    try {
      return stream.write(text);
    } catch (error) {
      note(error as NodeJS.ErrnoException);
      return false;
    }
  };
  return {
    write: (text) => isOpen && write(text),
    say: write,
    close: () => {
      isOpen = false;
    },
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.columns ?? 0;
    },
    get rows() {
      return stream.rows ?? 0;
    },
    get failure() {
      return failure;
    },
    async flushed() {
      if (stream.writableLength > 0) {
        await new Promise<void>((resolve) => {
          stream.write("", () => resolve());
        });
      }
      // The event of an error comes after the write has ended.
      await nextTurn();
    },
    release: () => {
      stream.off("error", note);
    },
  };
}
