import type { OutputStream } from "./view/terminal.js";

/** What {@link guardOutput} needs of `process.stdout` and `process.stderr`. */
export interface RawOutput extends OutputStream {
  write(text: string, done?: (error?: Error | null) => void): unknown;
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/** A stream that never throws, and what became of it. */
export interface GuardedOutput extends OutputStream {
  /** Why something could not be written, if that is bad news: a reader that went away is none. */
  readonly failure: NodeJS.ErrnoException | undefined;
  /** Resolves when all is written that ever will be. */
  flushed(): Promise<void>;
}

/**
 * Makes an output stream one that a run survives. A reader that went away (`pg-mig --list | head -1`)
 * has what it wanted; a full disk, or a terminal that is gone, is no reason to stop half-way: the run
 * goes on, and its exit status tells.
 */
export function guardOutput(stream: RawOutput): GuardedOutput {
  let failure: NodeJS.ErrnoException | undefined;
  const note = (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED") {
      failure ??= error;
    }
  };
  stream.on("error", note);
  return {
    write(text) {
      try {
        return stream.write(text);
      } catch (error) {
        note(error as NodeJS.ErrnoException);
        return false;
      }
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
    flushed: () =>
      new Promise((resolve) => {
        try {
          stream.write("", () => resolve());
        } catch {
          resolve();
        }
      }),
  };
}
