import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export interface PgMigCommandOptions {
  readonly cwd: string;
  /** Settings of the cluster: `PGHOST` and the like. Those of this process are not handed on. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/**
 * Runs the real command as a user would, with this terminal as its own, and gives its exit status.
 * Waits for its end also when the demo is told to stop: the command leaves its shards in order.
 */
export async function runPgMig(
  args: readonly string[],
  options: PgMigCommandOptions,
): Promise<number> {
  const child = spawn(process.execPath, [pgMigProgram(), ...args], {
    cwd: options.cwd,
    env: { ...withoutPostgresSettings(process.env), ...options.env },
    stdio: "inherit",
  });
  // Ctrl-C reaches the command from the terminal; a second one would make it leave at once.
  const passOn = () => {
    if (options.signal.reason === "SIGTERM") {
      child.kill("SIGTERM");
    }
  };
  options.signal.addEventListener("abort", passOn, { once: true });
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => resolve(code ?? 1));
    });
  } finally {
    options.signal.removeEventListener("abort", passOn);
  }
}

/** The user's own servers are none of the demo's business. */
function withoutPostgresSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^PG[A-Z]/.test(name)));
}

/** A command line as a shell takes it. */
export function shellLine(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");
}

/** The program that the package `pg-mig` installs under its name. */
function pgMigProgram(): string {
  const manifestPath = createRequire(import.meta.url).resolve("pg-mig/package.json");
  const manifest: { bin: Record<string, string> } = JSON.parse(readFileSync(manifestPath, "utf8"));
  return join(dirname(manifestPath), manifest.bin["pg-mig"] ?? "");
}
