import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Contender } from "./contenders/contender.js";
import type { Job } from "./job.js";
import { type Measured, measure } from "./measure.js";
import { startPostgresServers } from "./servers/postgres-servers.js";
import type { ServerMeasured, Servers } from "./servers/servers.js";
import { startStubServers } from "./servers/stub-servers.js";
import { shardName, type Work, type WorkSize } from "./works/work.js";

/** What one contender took in one round. */
export interface ContenderRun {
  readonly contender: string;
  readonly client: Measured;
  readonly server: ServerMeasured;
  /** For a version, or for a node if nothing is to be done; counted in a run of its own. */
  readonly roundTrips: number | undefined;
}

/** All rounds of one work. */
export interface WorkResult {
  readonly work: Work;
  readonly size: WorkSize;
  /** What it ran on. */
  readonly servers: string;
  /** By round. */
  readonly rounds: readonly (readonly ContenderRun[])[];
}

export interface RoundsOptions {
  readonly work: Work;
  readonly size: WorkSize;
  readonly contenders: readonly Contender[];
  readonly rounds: number;
  readonly major: number | undefined;
  /** Told before each run. */
  readonly onRun: (round: number, contender: string) => void;
}

/** Lets all contenders do a work in turn, once a round; each round begins with another one. */
export async function runRounds(options: RoundsOptions): Promise<WorkResult> {
  const { work, size, contenders, rounds: count, onRun } = options;
  const folder = await mkdtemp(join(tmpdir(), "pg-mig-bench-"));
  const servers = await startServers(options);
  try {
    const rounds: ContenderRun[][] = [];
    for (let round = 0; round < count; round++) {
      const turns = contenders.map((_, i) => contenders[(i + round) % contenders.length]);
      const runs: ContenderRun[] = [];
      for (const contender of turns.filter((turn) => turn !== undefined)) {
        onRun(round, contender.name);
        runs.push(await runOnce(contender, { work, size, servers, folder }));
      }
      rounds.push(runs);
    }
    return { work, size, servers: servers.title, rounds };
  } finally {
    await servers.close();
    await rm(folder, { recursive: true });
  }
}

async function startServers({ work, size, major }: RoundsOptions): Promise<Servers> {
  const shards = Array.from({ length: size.shards }, (_, n) => shardName(n));
  return work.servers === "stub"
    ? startStubServers({ nodes: size.nodes, shards })
    : startPostgresServers({ nodes: size.nodes, shards, shardSql: work.shardSql ?? "", major });
}

interface RunPlace {
  readonly work: Work;
  readonly size: WorkSize;
  readonly servers: Servers;
  readonly folder: string;
}

async function runOnce(contender: Contender, place: RunPlace): Promise<ContenderRun> {
  const { servers } = place;
  const share = contender.share ?? 1;
  const databases = await servers.fresh();
  const folder = await mkdtemp(join(place.folder, "turn-"));
  try {
    const job = makeJob(place, databases.nodes, share);
    const jobFile = join(folder, "job.json");
    await writeFile(jobFile, JSON.stringify(job));
    const migrations = join(folder, "migrations");
    await writeMigrations(migrations, job);
    const program = await contender.program({ job, jobFile, migrations, folder });
    const watch = await databases.watch();
    const client = await measure(program);
    const server = await watch.end();
    const roundTrips = undefined;
    return { contender: contender.name, roundTrips, ...scaled(client, server, 1 / share) };
  } finally {
    await databases.end();
    await rm(folder, { recursive: true });
  }
}

function makeJob({ work, size }: RunPlace, nodes: Job["nodes"], share: number): Job {
  const { shards, versions, parallelism } = size;
  return {
    nodes,
    shards: Array.from({ length: Math.ceil(shards * share) }, (_, n) => shardName(n)),
    versions: Array.from({ length: versions }, (_, n) => {
      return {
        name: `2026010100${String(n).padStart(4, "0")}.version-${n}.sh`,
        ...work.version(n),
      };
    }),
    parallelism,
  };
}

async function writeMigrations(folder: string, { versions }: Job): Promise<void> {
  await mkdir(folder);
  for (const { name, sql } of versions) {
    await writeFile(join(folder, `${name}.up.sql`), sql);
    await writeFile(join(folder, `${name}.dn.sql`), "");
  }
}

function scaled(client: Measured, server: ServerMeasured, times: number) {
  const cpuMs = server.cpuMs === undefined ? undefined : server.cpuMs * times;
  return {
    client: { ...client, ms: client.ms * times, cpuMs: client.cpuMs * times },
    server: { ...server, cpuMs },
  };
}
