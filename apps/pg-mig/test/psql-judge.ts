import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { quote, type Scenario } from "./scenario.js";

/** The major version of psql, or `undefined` if it is not installed. */
export function psqlMajor(): number | undefined {
  try {
    return Number(/ (\d+)/.exec(execFileSync("psql", ["--version"], { encoding: "utf8" }))?.[1]);
  } catch {
    return undefined;
  }
}

/** Why psql cannot be asked, or `undefined` if it can. */
export function psqlMissing(): string | undefined {
  return psqlMajor() === undefined ? "psql is not installed here" : undefined;
}

/**
 * Runs a file of the scenario's folder as pg-mig 2.x did: by psql, in one transaction, with a new
 * schema as its search_path. Gives what psql printed to stderr, and fails if psql does.
 */
export async function runWithPsql(
  { database, folder }: Scenario,
  file: string,
  { schema = "by_psql" } = {},
): Promise<string> {
  await database.query(`CREATE SCHEMA ${quote(schema)}`);
  const args = ["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d", database.url];
  const path = `SET search_path TO ${quote(schema)}`;
  return new Promise((resolve, reject) => {
    execFile(
      "psql",
      [...args, "-c", path, "-f", join(folder, file)],
      { cwd: folder, env: { PATH: process.env.PATH, LC_ALL: "C.UTF-8" } },
      (error, _stdout, stderr) => (error === null ? resolve(stderr) : reject(error)),
    );
  });
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
