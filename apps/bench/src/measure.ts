import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { watchMemory } from "./memory-watch.js";
import { descendants } from "./process-tree.js";

/** A program to run. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** The folder that it runs in. @default this one's */
  readonly cwd?: string;
  /**
   * Picks the lines of its output after which the work that is measured is done: the last one counts.
   * @default the end of the program
   */
  readonly isDone?: (line: string) => boolean;
}

/** What one run of a program took. */
export interface Measured {
  readonly ms: number;
  /** User and system time of the program and of all programs that it started and waited for. */
  readonly cpuMs: number;
  /** The peak of the resident memory of its largest process, where the system tells it. */
  readonly peakMb: number | undefined;
}

/** Runs a program to its end. Rejects, with what it said, if it fails. */
export async function measure({ command, args, cwd, isDone }: Program): Promise<Measured> {
  const startedAt = performance.now();
  let doneAt: number | undefined;
  // The shell's own "time" tells the CPU time of a child and its children to the millisecond.
  const script = 'TIMEFORMAT="%3U %3S"; { time "$@" 2>&4; } 2>&3';
  const child = spawn("bash", ["-c", script, "bash", command, ...args], {
    cwd,
    stdio: ["ignore", isDone === undefined ? "ignore" : "pipe", "ignore", "pipe", "pipe"],
  });
  const [, output, , times, errors] = child.stdio;
  if (isDone !== undefined && output) {
    createInterface({ input: output as NodeJS.ReadableStream }).on("line", (line) => {
      doneAt = isDone(line) ? performance.now() : doneAt;
    });
  }
  const told = { times: collect(times), errors: collect(errors) };
  const pids = () => descendants(child.pid ?? 0);
  // Each look is at the peak so far.
  const peak = watchMemory({ pids, size: "VmHWM", everyMs: 50 });
  let exitedAt = Number.NaN;
  child.on("exit", () => {
    exitedAt = performance.now();
  });
  // All that it has said has been read then.
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const peakMb = peak.end();
  const endedAt = isDone === undefined ? exitedAt : doneAt;
  if (status !== 0 || endedAt === undefined) {
    const said = await told.errors;
    throw new Error(`${command} ${args.join(" ").slice(0, 300)} failed (${status}):\n${said}`);
  }
  const [userS = Number.NaN, systemS = Number.NaN] = (await told.times)
    .trim()
    .split(" ")
    .map(Number);
  return { ms: endedAt - startedAt, cpuMs: (userS + systemS) * 1000, peakMb };
}

async function collect(stream: unknown): Promise<string> {
  let text = "";
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    // An error says what it has to say at the end.
    text = `${text}${chunk}`.slice(-4000);
  }
  return text;
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  return (lower + upper) / 2;
}
