import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** Where a shell command runs. Nothing of the process's own directory and environment is used. */
export interface ShellPlace {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What a shell command did. */
export interface ShellResult {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit status; -1 where a signal ended it. */
  readonly status: number;
}

/** Starts `/bin/sh -c command`. No event of the process is lost to a listener that is added right after. */
export async function startShell(
  command: string,
  { cwd, env }: ShellPlace,
  stdin: "ignore" | "pipe" = "ignore",
): Promise<ChildProcess> {
  // Loaded on demand: most runs start no shell, and this module takes some milliseconds to load.
  const { spawn } = await import("node:child_process");
  return spawn("/bin/sh", ["-c", command], {
    cwd,
    env: { ...env },
    stdio: [stdin, "pipe", "pipe"],
  });
}

/** Runs a shell command to its end, and gathers what it prints. */
export async function runShell(command: string, place: ShellPlace): Promise<ShellResult> {
  const child = await startShell(command, place);
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout?.on("data", (chunk: Buffer) => chunks.stdout.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => chunks.stderr.push(chunk));
  const [status] = (await once(child, "close")) as [number | null];
  return {
    stdout: Buffer.concat(chunks.stdout).toString("utf8"),
    stderr: Buffer.concat(chunks.stderr).toString("utf8"),
    status: status ?? -1,
  };
}

/** Quotes a value as one word of a shell command; undefined where that cannot be (line ends). */
export function quoteShellWord(value: string): string | undefined {
  if (/[\n\r]/.test(value)) {
    return undefined;
  }
  return /^[-\w./:]+$/.test(value) ? value : `'${value.replaceAll("'", `'"'"'`)}'`;
}
