import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestNode } from "@pg-mig/testkit";
import type { Contender } from "./contenders/contender.js";
import { type Measured, measure } from "./measure.js";
import { preparePostgresServers } from "./servers/postgres-servers.js";
import { makeRelays, type Relays } from "./servers/relay-servers.js";
import type { ServerMeasured, Servers } from "./servers/servers.js";
import { startStubServers } from "./servers/stub-servers.js";
import type { ConnectionTraffic } from "./traffic/traffic.js";
import { makeJob, shardNames, writeMigrations } from "./work-job.js";
import type { Work, WorkSize } from "./works/work.js";

/** What one contender took in one round. */
export interface ContenderRun {
  readonly contender: string;
  readonly client: Measured;
  readonly server: ServerMeasured;
}

/** All rounds of one work. */
export interface WorkResult {
  readonly work: Work;
  readonly size: WorkSize;
  /** What it ran on. */
  readonly servers: string;
  /** By round. */
  readonly rounds: readonly (readonly ContenderRun[])[];
  /** Of each connection, by contender. */
  readonly traffic: ReadonlyMap<string, readonly ConnectionTraffic[]>;
}

export interface RoundsOptions {
  readonly work: Work;
  readonly size: WorkSize;
  readonly contenders: readonly Contender[];
  readonly rounds: number;
  /** Servers that run: the work takes as many as its size says, if it is for PostgreSQL. */
  readonly nodes: readonly TestNode[];
  /** Told before each run. */
  readonly onRun: (what: string) => void;
}

interface Place {
  readonly work: Work;
  readonly size: WorkSize;
  readonly servers: Servers;
  readonly relays: Relays;
  /** For files. */
  readonly folder: string;
}

/**
 * Lets all contenders do a work in turn, once a round; each round begins with another one. Then their round
 * trips are counted, in runs of their own where counting would cost time.
 */
export async function runRounds(options: RoundsOptions): Promise<WorkResult> {
  const { work, size, contenders, onRun } = options;
  const folder = await mkdtemp(join(tmpdir(), "pg-mig-bench-"));
  const servers = await prepareServers(options);
  const relays = makeRelays();
  const place: Place = { work, size, servers, relays, folder };
  try {
    const rounds: ContenderRun[][] = [];
    for (let round = 0; round < options.rounds; round++) {
      const first = round % contenders.length;
      const runs: ContenderRun[] = [];
      for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
        onRun(`round ${round + 1}, ${contender.name}`);
        runs.push(await runOnce(contender, place, work.latencyMs));
      }
      rounds.push(runs);
    }
    const traffic = new Map<string, readonly ConnectionTraffic[]>();
    for (const contender of contenders.filter(({ share = 1 }) => share === 1)) {
      onRun(`counting, ${contender.name}`);
      const counted = await trafficOf(contender, place, rounds);
      if (counted !== undefined) {
        traffic.set(contender.name, counted);
      }
    }
    return { work, size, servers: servers.title, rounds, traffic };
  } finally {
    await relays.end();
    await servers.close();
    await rm(folder, { recursive: true });
  }
}

async function prepareServers({ work, size, nodes }: RoundsOptions): Promise<Servers> {
  const shards = shardNames(work, size);
  return work.servers === "stub"
    ? startStubServers({ nodes: size.nodes, shards })
    : preparePostgresServers({
        nodes: nodes.slice(0, size.nodes),
        shards,
        shardSql: work.shardSql ?? "",
      });
}

/** With a latency, even of 0, by way of a relay. */
async function runOnce(
  contender: Contender,
  { work, size, servers, relays, folder }: Place,
  latencyMs: number | undefined,
): Promise<ContenderRun> {
  const share = contender.share ?? 1;
  const fresh = await servers.fresh();
  const databases = latencyMs === undefined ? fresh : await relays.before(fresh, latencyMs);
  const turnFolder = await mkdtemp(join(folder, "turn-"));
  try {
    const job = makeJob(work, size, { nodes: databases.nodes, share });
    const jobFile = join(turnFolder, "job.json");
    await writeFile(jobFile, JSON.stringify(job));
    const migrations = join(turnFolder, "migrations");
    await writeMigrations(migrations, job);
    const program = await contender.program({ job, jobFile, migrations, folder: turnFolder });
    const watch = await databases.watch();
    const client = await measure(program);
    const run = { contender: contender.name, client, server: await watch.end() };
    return scaled(run, size.shards / job.shards.length);
  } finally {
    await databases.end();
    await rm(turnFolder, { recursive: true });
  }
}

async function trafficOf(
  contender: Contender,
  place: Place,
  rounds: readonly (readonly ContenderRun[])[],
): Promise<readonly ConnectionTraffic[] | undefined> {
  const counted = rounds.flat().find((run) => run.contender === contender.name)?.server.traffic;
  if (counted !== undefined || place.work.roundTrips !== "counted") {
    return counted;
  }
  return (await runOnce(contender, place, 0)).server.traffic;
}

function scaled({ contender, client, server }: ContenderRun, times: number): ContenderRun {
  const cpuMs = server.cpuMs === undefined ? undefined : server.cpuMs * times;
  return {
    contender,
    client: { ...client, ms: client.ms * times, cpuMs: client.cpuMs * times },
    server: { ...server, cpuMs },
  };
}
