import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { quote, type Scenario } from "./scenario.js";

/** The major version of a program of PostgreSQL, or `undefined` if it is not installed. */
export function programMajor(program: "psql" | "pg_dump"): number | undefined {
  try {
    const version = execFileSync(program, ["--version"], { encoding: "utf8" });
    return Number(/ (\d+)/.exec(version)?.[1]);
  } catch {
    return undefined;
  }
}

/** The major version of servers for a test that runs this pg_dump: it reads none that is newer than itself. */
export function majorToDump(dumpMajor: number | undefined): number {
  const wanted = Number(process.env.PG_MIG_TEST_MAJOR ?? 18);
  return Math.min(wanted, dumpMajor ?? wanted);
}

/**
 * Runs a file of the scenario's folder as pg-mig 2.x did: by psql, in one transaction, with the new
 * schema `by_psql` as its search_path. Fails if psql does.
 */
export async function runWithPsql({ database, folder }: Scenario, file: string): Promise<void> {
  await database.query("CREATE SCHEMA by_psql");
  const args = ["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d", database.url];
  await promisify(execFile)(
    "psql",
    [...args, "-c", "SET search_path TO by_psql", "-f", join(folder, file)],
    { cwd: folder, env: { PATH: process.env.PATH, LC_ALL: "C.UTF-8" } },
  );
}

/** What a query gives with a schema as the search_path: the rows, with the schema's name left out. */
export async function seenFrom(
  { database }: Scenario,
  schema: string,
  sql: string,
): Promise<unknown[]> {
  const client = await database.connect();
  try {
    await client.query(`SET search_path TO ${quote(schema)}`);
    const { rows } = await client.query(sql);
    return JSON.parse(JSON.stringify(rows).replaceAll(schema, "…"));
  } finally {
    await client.end();
  }
}
