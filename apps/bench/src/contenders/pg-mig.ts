import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Contender, Turn } from "./contender.js";
import { nodeUrl } from "./psql.js";

const packageFile = createRequire(import.meta.url).resolve("pg-mig/package.json");

/** The built command. */
export const pgMigFile = join(dirname(packageFile), "bin", "pg-mig.cjs");

/** The arguments with which node applies the versions of a job. */
export function applyArgs({ job, migrations }: Turn): string[] {
  const hosts = job.nodes.map(nodeUrl);
  const options = [`--migdir=${migrations}`, `--hosts=${hosts.join(",")}`];
  return [pgMigFile, "--skip-config", `--parallelism=${job.parallelism}`, ...options];
}

export const pgMig: Contender = {
  name: "pg-mig",
  about: "the built command, from start to exit",
  program: (turn) => ({ command: process.execPath, args: applyArgs(turn) }),
};
