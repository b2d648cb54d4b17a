import { memoryMb } from "./process-tree.js";

/** Looks at processes again and again, and remembers the largest value. */
export interface MemoryWatch {
  /** Ends it. The largest value of any process, in megabytes; `undefined`: the system tells nothing. */
  end(): number | undefined;
}

export interface MemoryWatchOptions {
  /** Which processes to look at. */
  readonly pids: () => readonly number[];
  /** `VmHWM`: the peak of all resident memory; `RssAnon`: what is the process's own, at the moment. */
  readonly size: "VmHWM" | "RssAnon";
  readonly everyMs: number;
}

export function watchMemory({ pids, size, everyMs }: MemoryWatchOptions): MemoryWatch {
  let largest: number | undefined;
  const timer = setInterval(() => {
    for (const pid of pids()) {
      const mb = memoryMb(pid, size);
      largest = mb === undefined ? largest : Math.max(largest ?? 0, mb);
    }
  }, everyMs);
  // If what is watched fails, nobody ends this.
  timer.unref();
  return {
    end() {
      clearInterval(timer);
      return largest;
    },
  };
}
