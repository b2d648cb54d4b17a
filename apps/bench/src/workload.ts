import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The size of the work. */
export interface WorkloadSize {
  readonly nodes: number;
  readonly shards: number;
  readonly versions: number;
}

/** The SQL of the n-th version, from 0: a table with an index, then a column for every later one. */
export function versionSql(n: number): string {
  return n === 0
    ? "CREATE TABLE items(id bigint PRIMARY KEY, name text NOT NULL);\nCREATE INDEX items_name ON items(name);\n"
    : `ALTER TABLE items ADD COLUMN c${n} int;\n`;
}

/** The name of the n-th shard, from 0. */
export function shardName(n: number): string {
  return `sh${String(n).padStart(4, "0")}`;
}

/** SQL that makes all shards of a node. */
export function shardsSql({ shards }: WorkloadSize): string {
  return Array.from({ length: shards }, (_, n) => `CREATE SCHEMA ${shardName(n)};`).join("\n");
}

/** Writes the migration directory for pg-mig. */
export async function writeMigrations(folder: string, { versions }: WorkloadSize): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let n = 0; n < versions; n++) {
    const name = `2026010100${String(n).padStart(4, "0")}.version-${n}.sh`;
    await writeFile(join(folder, `${name}.up.sql`), versionSql(n));
    await writeFile(join(folder, `${name}.dn.sql`), "");
  }
}
