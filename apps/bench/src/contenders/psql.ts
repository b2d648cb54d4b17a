import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { JobNode, JobVersion } from "../job.js";

/** Says that there is no psql; `undefined` if there is one. */
export async function psqlMissing(): Promise<string | undefined> {
  return promisify(execFile)("psql", ["--version"]).then(
    () => undefined,
    () => "psql is not installed",
  );
}

/** No start-up file, no chatter, stop at the first error. */
export const psqlOptions = ["-X", "-q", "-v", "ON_ERROR_STOP=1"];

/** The address of a database, for psql and pg-mig. */
export function nodeUrl({ host, port, user, password, database }: JobNode): string {
  return `postgres://${user}:${password}@${host}:${port}/${database}`;
}

/** A version on a shard as psql gets it: in a transaction, with nothing around it. */
export function stepText(shard: string, { sql }: JobVersion): string {
  return `BEGIN;\nSET LOCAL search_path TO ${shard};\n${sql}\nCOMMIT;\n`;
}
