import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";

/** What one process took. */
export interface Measured {
  readonly ms: number;
  /** The peak of its resident memory, in megabytes; `undefined` where the system does not tell. */
  readonly peakMb: number | undefined;
}

/** Runs a process to its end, with a text as its input. Rejects if it fails. */
export async function measure(
  command: string,
  args: readonly string[],
  options: { readonly input?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Measured> {
  const startedAt = performance.now();
  const child = spawn(command, args, {
    env: options.env ?? process.env,
    stdio: ["pipe", "ignore", "pipe"],
  });
  let peakMb: number | undefined;
  const timer = setInterval(async () => {
    peakMb = (await readPeakMb(child.pid)) ?? peakMb;
  }, 20);
  const errors: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  // A process that failed does not read the rest of its input.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  clearInterval(timer);
  if (status !== 0) {
    throw new Error(`${command} failed (${status}):\n${Buffer.concat(errors)}`);
  }
  return { ms: performance.now() - startedAt, peakMb };
}

/** VmHWM of Linux: the highest that the resident memory has ever been. */
async function readPeakMb(pid: number | undefined): Promise<number | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    const kb = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
    return kb === undefined ? undefined : Number(kb) / 1024;
  } catch {
    return undefined;
  }
}

/** The middle one. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
