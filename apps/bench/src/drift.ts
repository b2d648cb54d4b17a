import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { startNodes, type TestDatabase } from "@pg-mig/testkit";
import { measure } from "./measure.js";
import { makeLoginsUsual } from "./servers/usual-logins.js";
import { shardName } from "./works/work.js";

const { values } = parseArgs({
  options: {
    shards: { type: "string", default: "200" },
    tables: { type: "string", default: "20" },
    major: { type: "string", default: "15" },
  },
});
const shards = Number(values.shards);
const tables = Number(values.tables);
const packageFile = createRequire(import.meta.url).resolve("pg-mig/package.json");
const pgMig = join(dirname(packageFile), "bin", "pg-mig.cjs");
const version = "20260101000000.bench.sh";

const folder = await mkdtemp(join(tmpdir(), "pg-mig-bench-"));
// As a server is set up by default, its lock table too.
const settings = { max_connections: "100", max_locks_per_transaction: "64" };
const cluster = await startNodes({ major: Number(values.major), settings });
try {
  await makeLoginsUsual(cluster.nodes);
  await writeFile(join(folder, `${version}.up.sql`), "SELECT 1;\n");
  await writeFile(join(folder, `${version}.dn.sql`), "SELECT 1;\n");
  const database = await cluster.node.createDatabase();
  await makeShards(database);
  console.log(`${shards} shards x ${tables} tables on PostgreSQL ${cluster.node.major}`);
  const args = [pgMig, "drift", "--skip-config", `--migdir=${folder}`, `--hosts=${database.url}`];
  // A part of the shards shows whether memory grows with their number.
  const part = await measure({ command: process.execPath, args: [...args, "--only=shard=sh000?"] });
  const server = watchServer(database);
  const all = await measure({ command: process.execPath, args });
  const cpuMs = await server.end();
  console.log(
    `pg-mig drift: ${perShard(all.ms)} ms a shard, ${(all.ms / 1000).toFixed(1)} s in all`,
  );
  console.log(`  server CPU: ${perShard(cpuMs)} ms a shard`);
  console.log(`  peak memory: ${mb(all.peakMb)} MB; for ten shards ${mb(part.peakMb)} MB`);
  await compareWithDump(database, all.ms / shards);
} finally {
  await cluster.stop();
  await rm(folder, { recursive: true });
}

async function compareWithDump({ url }: TestDatabase, msPerShard: number): Promise<void> {
  try {
    const { ms } = await measure({ command: "pg_dump", args: ["-s", "-n", shardName(0), url] });
    const times = Math.round(ms / msPerShard);
    console.log(`pg_dump -s -n: ${Math.round(ms)} ms a shard, ${times} times as long`);
  } catch (error) {
    console.log(`pg_dump is left out: ${error instanceof Error ? error.message : error}`);
  }
}

async function makeShards(database: TestDatabase): Promise<void> {
  const client = await database.connect();
  for (let shard = 0; shard < shards; shard++) {
    await client.query(shardSql(shardName(shard)));
  }
  await client.end();
}

/** Tables with indexes, checks and references; views, triggers, types, functions. */
function shardSql(shard: string): string {
  const table = (n: number) => `
    CREATE TABLE t${n} (id bigserial PRIMARY KEY, name text NOT NULL DEFAULT 'x', kind kind DEFAULT 'a',
      amount numeric(10,2) CHECK (amount > 0), at timestamptz DEFAULT now(), note varchar(20),
      qty positive, owner bigint ${n === 0 ? "" : `REFERENCES t${n - 1}`});
    CREATE INDEX ON t${n} (name);
    CREATE INDEX ON t${n} (lower(note)) WHERE qty > 3;
    COMMENT ON TABLE t${n} IS 'Table ${n}';`;
  return `CREATE SCHEMA ${shard};
    SET search_path TO ${shard};
    CREATE TYPE kind AS ENUM ('a', 'b');
    CREATE DOMAIN positive AS int CHECK (VALUE > 0);
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    ${Array.from({ length: tables }, (_, n) => table(n)).join("")}
    CREATE TRIGGER touched BEFORE UPDATE ON t0 FOR EACH ROW EXECUTE FUNCTION touch();
    CREATE VIEW named AS SELECT t0.id, t1.name FROM t0 JOIN t1 ON t1.owner = t0.id;
    CREATE MATERIALIZED VIEW sums AS SELECT kind, sum(amount) FROM t0 GROUP BY kind;
    CREATE FUNCTION mig_versions_const() RETURNS text LANGUAGE sql SET search_path FROM CURRENT
      AS $$ SELECT '["${version}"]'; $$`;
}

/** Adds up the CPU time of the server's processes for the command: Linux tells it. */
function watchServer(database: TestDatabase): { readonly end: () => Promise<number> } {
  const byPid = new Map<number, number>();
  let ended = false;
  const watching = (async () => {
    const client = await database.connect();
    while (!ended) {
      const { rows } = await client.query(
        "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'pg-mig drift%'",
      );
      for (const { pid } of rows) {
        byPid.set(pid, (await readCpuMs(pid)) ?? byPid.get(pid) ?? Number.NaN);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await client.end();
  })();
  return {
    async end() {
      ended = true;
      await watching;
      return [...byPid.values()].reduce((sum, ms) => sum + ms, 0);
    },
  };
}

/** User and system time, which /proc counts in hundredths of a second. */
async function readCpuMs(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields && (Number(fields[11]) + Number(fields[12])) * 10;
}

function perShard(ms: number): string {
  return (ms / shards).toFixed(1);
}

function mb(value: number | undefined): string {
  return value === undefined ? "?" : value.toFixed(0);
}
