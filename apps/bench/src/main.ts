import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { startNodes, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import { type Measured, measure, median } from "./measure.js";
import { hasPsql, psqlPerStep, psqlSessions } from "./psql.js";
import { shardsSql, type WorkloadSize, writeMigrations } from "./workload.js";

const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "3" },
    shards: { type: "string", default: "100" },
    versions: { type: "string", default: "10" },
    rounds: { type: "string", default: "3" },
  },
});
const size: WorkloadSize = {
  nodes: Number(values.nodes),
  shards: Number(values.shards),
  versions: Number(values.versions),
};
const parallelism = 10;
const packageFile = createRequire(import.meta.url).resolve("pg-mig/package.json");
const pgMig = join(dirname(packageFile), "bin", "pg-mig.cjs");

const folder = await mkdtemp(join(tmpdir(), "pg-mig-bench-"));
const cluster = await startNodes({ count: size.nodes });
try {
  await writeMigrations(folder, size);
  const steps = size.nodes * size.shards * size.versions;
  console.log(
    `${size.nodes} nodes x ${size.shards} shards x ${size.versions} versions = ${steps} steps, ` +
      `${parallelism} at a time per node, ${values.rounds} rounds`,
  );
  await run(cluster);
} finally {
  await cluster.stop();
  await rm(folder, { recursive: true });
}

async function run(nodes: TestCluster): Promise<void> {
  const psql = await hasPsql();
  const first: Measured[] = [];
  const again: Measured[] = [];
  const node: Measured[] = [];
  const version: Measured[] = [];
  const sessions: number[] = [];
  const perStep: number[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    await onFreshDatabases(nodes, size, async (databases) => {
      const hosts = databases.map(({ url }) => url).join(",");
      const args = [pgMig, "--skip-config", `--migdir=${folder}`, `--hosts=${hosts}`];
      first.push(await measure(process.execPath, args));
      again.push(await measure(process.execPath, args));
    });
    node.push(await measure(process.execPath, ["-e", "0"]));
    version.push(await measure(process.execPath, [pgMig, "--version"]));
    if (!psql) {
      continue;
    }
    await onFreshDatabases(nodes, size, async (databases) => {
      sessions.push(await psqlSessions(databases, size, parallelism));
    });
    const tenth = { ...size, shards: Math.ceil(size.shards / 10) };
    await onFreshDatabases(nodes, tenth, async (databases) => {
      const ms = await psqlPerStep(databases, tenth, parallelism);
      perStep.push((ms * size.shards) / tenth.shards);
    });
  }
  const times = (measured: readonly Measured[]) => measured.map(({ ms }) => ms);
  row("pg-mig, first run", times(first), peakOf(first));
  row("pg-mig, nothing to do", times(again), peakOf(again));
  if (psql) {
    row("psql sessions, same SQL", sessions);
    row("psql per step (a tenth, x 10)", perStep);
  } else {
    console.log("psql is not installed: the lines to compare with are left out");
  }
  row("pg-mig --version", times(version));
  row("node -e 0", times(node));
}

async function onFreshDatabases(
  nodes: TestCluster,
  { shards, ...rest }: WorkloadSize,
  use: (databases: readonly TestDatabase[]) => Promise<void>,
): Promise<void> {
  const databases = await Promise.all(nodes.nodes.map((node) => node.createDatabase()));
  try {
    for (const database of databases) {
      await database.query(shardsSql({ shards, ...rest }));
    }
    await use(databases);
  } finally {
    for (const database of databases) {
      await database.drop();
    }
  }
}

function peakOf(measured: readonly Measured[]): string {
  const peaks = measured.flatMap(({ peakMb }) => peakMb ?? []);
  return peaks.length === 0 ? "" : `  peak ${Math.max(...peaks).toFixed(0)} MB`;
}

function row(name: string, ms: readonly number[], note = ""): void {
  const seconds = (value: number) => `${(value / 1000).toFixed(2)} s`;
  const range = `${seconds(Math.min(...ms))} to ${seconds(Math.max(...ms))}`;
  console.log(`${name.padEnd(30)} ${seconds(median(ms)).padStart(9)}  (${range})${note}`);
}
