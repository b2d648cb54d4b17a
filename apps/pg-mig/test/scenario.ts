import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  type StartNodesOptions,
  startNodes,
  type TestCluster,
  type TestDatabase,
} from "@pg-mig/testkit";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import type { CommandPlace, CommandResult } from "./command-result.js";
import { startHangWatch } from "./hang-watch.js";
import { type RunningCommand, startOwnProcess } from "./own-process.js";
import { Reader } from "./reader.js";
import { type Nodes, refuseLeftovers, sharedNodes } from "./shared-nodes.js";
import {
  type CommandHere,
  interruptThisProcess,
  needsOwnProcess,
  startInThisProcess,
} from "./this-process.js";

export type { CommandResult } from "./command-result.js";
export type { RunningCommand } from "./own-process.js";

/** A folder with a migration directory `mig`, and databases on nodes of their own, for one test. */
export interface Scenario {
  readonly folder: string;
  /** One database a node. */
  readonly databases: readonly TestDatabase[];
  /** The first of them. */
  readonly database: TestDatabase;
  /**
   * Writes files of the migration directory. A key that is the name of a version stands for its up
   * file, and a dn file that does nothing is made beside it where there is none.
   */
  migrations(files: Readonly<Record<string, string>>): Promise<void>;
  /** Writes a file of the folder. */
  write(path: string, text: string): Promise<void>;
  /** Makes the folder's config file anew, of what is data. The file has another name than the one before. */
  config(settings: object): Promise<void>;
  /**
   * Runs the built command in the folder, on the scenario's nodes, with `--migdir=mig`: in this process, if nothing
   * speaks against it, else in one of its own. A test that wants it in `this` one says that code of the user's, in a
   * config file or a source of nodes, does no harm there.
   */
  pgMig(
    args?: readonly string[],
    options?: CommandOptions & { readonly process?: "this" | "own" },
  ): Promise<CommandResult>;
  /** The same in a process of its own, without waiting for its end. */
  start(args?: readonly string[], options?: CommandOptions): RunningCommand;
  /** The same in this process, for a test that is not about the process of the command. */
  startHere(args?: readonly string[], options?: CommandOptions): CommandHere;
  /** The versions that the ledger of a shard holds, as pg-mig 2.x reads it: by calling the function. */
  ledger(shard: string, database?: TestDatabase): Promise<string[]>;
  /** The values of the first column of a query. */
  column(sql: string, database?: TestDatabase): Promise<unknown[]>;
}

export interface CommandOptions {
  /** Added to the environment, which else holds PATH, HOME and the nodes; `undefined` takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A folder below the scenario's. */
  readonly cwd?: string;
}

/** Nodes that a file of tests has for itself, since it stops them, changes their settings or has others. */
export interface OwnServers extends Pick<StartNodesOptions, "major" | "settings"> {
  readonly nodes: number;
  readonly servers: "own";
}

interface Scenarios<Cluster> {
  readonly cluster: () => Cluster;
  readonly scenario: (options?: { readonly shards?: readonly string[] }) => Promise<Scenario>;
}

/** Starts nodes for the tests of a file; gives what makes the scenario of one test. */
export function scenarios(options: OwnServers): Scenarios<TestCluster>;
/** Has the tests of a file use nodes that others use, too, one after the other. */
export function scenarios(options: { readonly nodes: number }): Scenarios<Nodes>;
export function scenarios({
  nodes: count,
  servers,
  ...options
}: { readonly nodes: number } & Partial<OwnServers>): Scenarios<Nodes> {
  let cluster: Nodes;
  beforeAll(startHangWatch);
  if (servers === "own") {
    let own: TestCluster;
    beforeAll(async () => {
      own = await startNodes({ ...options, count });
      cluster = own;
    });
    afterAll(() => own?.stop());
  } else {
    beforeAll(async () => {
      cluster = await sharedNodes(count);
    });
    afterAll(() => refuseLeftovers(cluster.nodes));
  }
  return {
    cluster: () => cluster,
    async scenario({ shards = [] } = {}) {
      const folder = await mkdtemp(join(tmpdir(), "pg-mig-scenario-"));
      onTestFinished(() => rm(folder, { recursive: true }));
      await mkdir(join(folder, "mig"));
      const databases = await Promise.all(cluster.nodes.map((node) => node.createDatabase()));
      const readers = new Map<TestDatabase, Reader>();
      for (const database of databases) {
        onTestFinished(() => database.drop());
        const reader = new Reader(database);
        onTestFinished(() => reader.end());
        readers.set(database, reader);
        if (shards.length > 0) {
          await reader.prepare(shards.map((shard) => `CREATE SCHEMA ${quote(shard)};`).join(" "));
        }
      }
      onTestFinished(interruptThisProcess);
      return createScenario(folder, databases, readers);
    },
  };
}

/** Quotes a name for SQL. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function createScenario(
  folder: string,
  databases: readonly TestDatabase[],
  readers: ReadonlyMap<TestDatabase, Reader>,
): Scenario {
  const [database] = databases;
  if (database === undefined) {
    throw new Error("A scenario needs a node.");
  }
  const write = async (path: string, text: string) => {
    const place = join(folder, path);
    await writeFile(place, text).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") {
        throw error;
      }
      await mkdir(dirname(place), { recursive: true });
      await writeFile(place, text);
    });
  };
  const placeOf = ({ env = {}, cwd = "." }: CommandOptions = {}): CommandPlace => ({
    cwd: join(folder, cwd),
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      PGHOST: databases.map(({ url }) => url).join(","),
      PGMIGDIR: join(folder, "mig"),
      ...env,
    },
  });
  const column: Scenario["column"] = async (sql, on = database) =>
    (await (readers.get(on) ?? on).query(sql)).map((row) => Object.values(row)[0]);
  // A process loads a file only once: each config file has a name of its own. TypeScript takes longer.
  const configNames = ["mjs", "cjs", "js", "mts", "cts", "ts"].map((end) => `pg-mig.config.${end}`);
  const startHere: Scenario["startHere"] = (args = [], options) => {
    const place = placeOf(options);
    const obstacle = needsOwnProcess(args, place, "harmless");
    if (obstacle !== undefined) {
      throw new Error(`The command needs a process of its own: ${obstacle}.`);
    }
    return startInThisProcess(args, place);
  };
  return {
    folder,
    databases,
    database,
    write,
    async config(settings) {
      const earlier = (await readdir(folder)).filter((name) => name.startsWith("pg-mig.config."));
      await Promise.all(earlier.map((name) => rm(join(folder, name))));
      const name = configNames.shift();
      if (name === undefined) {
        throw new Error("There is no further name for a config file.");
      }
      const exported = /\.(js|c[jt]s)$/.test(name) ? "module.exports =" : "export default";
      await write(name, `${exported} ${JSON.stringify(settings)};`);
    },
    start: (args = [], options) => startOwnProcess(args, placeOf(options)),
    column,
    startHere,
    async pgMig(args = [], { process: wanted = "any", ...options } = {}) {
      const place = placeOf(options);
      if (wanted === "this") {
        return startHere(args, options).result;
      }
      const inOwn = wanted === "own" || needsOwnProcess(args, place) !== undefined;
      return (inOwn ? startOwnProcess : startInThisProcess)(args, place).result;
    },
    async migrations(files) {
      for (const [name, text] of Object.entries(files)) {
        if (name.endsWith(".sql")) {
          await write(`mig/${name}`, text);
        } else {
          await write(`mig/${name}.up.sql`, text);
          const down = `${name}.dn.sql`;
          if (!(down in files)) {
            await write(`mig/${down}`, "SELECT 1;");
          }
        }
      }
    },
    async ledger(shard, on = database) {
      const [list] = await column(`SELECT ${quote(shard)}.mig_versions_const()`, on);
      return JSON.parse(String(list));
    },
  };
}
