import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type StartNodesOptions,
  startNodes,
  type TestCluster,
  type TestDatabase,
} from "@pg-mig/testkit";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { judgeLines, reportJudge } from "./output-judge.js";

/** What a command printed, and how it ended. */
export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command under way. */
export interface RunningCommand {
  readonly result: Promise<CommandResult>;
  readonly pid: number | undefined;
  kill(signal: NodeJS.Signals): void;
  /** Stops reading, as `head` does behind a pipe. */
  close(stream: "stdout" | "stderr"): void;
  /** Resolves when the text was printed, to stdout or stderr. */
  printed(text: string): Promise<void>;
}

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
  /** Runs the built command in the folder, on the scenario's nodes, with `--migdir=mig`. */
  pgMig(args?: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** The same, without waiting for its end. */
  start(args?: readonly string[], options?: CommandOptions): RunningCommand;
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

const command = fileURLToPath(new URL("../bin/pg-mig.cjs", import.meta.url));

/** Starts nodes for the tests of a file; gives what makes the scenario of one test. */
export function scenarios({
  nodes,
  ...options
}: { readonly nodes: number } & Pick<StartNodesOptions, "major" | "settings">): {
  readonly cluster: () => TestCluster;
  readonly scenario: (options?: { readonly shards?: readonly string[] }) => Promise<Scenario>;
} {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startNodes({ ...options, count: nodes });
  });
  afterAll(async () => {
    await cluster?.stop();
  });
  return {
    cluster: () => cluster,
    async scenario({ shards = [] } = {}) {
      const folder = await mkdtemp(join(tmpdir(), "pg-mig-scenario-"));
      onTestFinished(() => rm(folder, { recursive: true }));
      await mkdir(join(folder, "mig"));
      const databases = await Promise.all(cluster.nodes.map((node) => node.createDatabase()));
      for (const database of databases) {
        onTestFinished(() => database.drop());
        for (const shard of shards) {
          await database.query(`CREATE SCHEMA ${quote(shard)}`);
        }
      }
      return createScenario(folder, databases);
    },
  };
}

/** Quotes a name for SQL. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function createScenario(folder: string, databases: readonly TestDatabase[]): Scenario {
  const [database] = databases;
  if (database === undefined) {
    throw new Error("A scenario needs a node.");
  }
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  const start: Scenario["start"] = (args = [], { env = {}, cwd = "." } = {}) =>
    startCommand([...args], {
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
    (await on.query(sql)).map((row) => Object.values(row)[0]);
  return {
    folder,
    databases,
    database,
    write,
    start,
    column,
    pgMig: (args, options) => start(args, options).result,
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

function startCommand(
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): RunningCommand {
  const judgeReports = reportJudge(args, cwd);
  const child = spawn(process.execPath, [command, ...args], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  const waiting = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
      for (const check of waiting) {
        check();
      }
    });
  }
  const result = new Promise<CommandResult>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => {
      try {
        // Whatever a test is about, what the command prints for programs fits its schema.
        if (args.includes("--json")) {
          judgeLines(output.stdout);
        }
        judgeReports();
        resolve({ status, ...output });
      } catch (error) {
        reject(error);
      }
    });
  });
  return {
    result,
    pid: child.pid,
    kill: (signal) => child.kill(signal),
    close: (stream) => child[stream].destroy(),
    printed: (text) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!`${output.stdout}\n${output.stderr}`.includes(text)) {
            return;
          }
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
        result.then(({ stderr }) => reject(new Error(`"${text}" was never printed: ${stderr}`)));
      }),
  };
}
