import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type Scenario, scenarios } from "./scenario.js";

/** A folder of pg-mig 2.x: what npm installs, or a checkout that is built. */
const folderOf2x = process.env.PG_MIG_2X ?? "";
const cliOf2x = join(folderOf2x, "dist", "cli.js");
const missing = !existsSync(cliOf2x);
const reason = missing ? " (skipped: PG_MIG_2X names no built pg-mig 2.x)" : "";

const { scenario } = scenarios({ nodes: 2 });

type Tool = "2.x" | "ours";

/** Who runs the steps of a track, one after the other. */
const tracks: Readonly<Record<string, readonly Tool[]>> = {
  "2.x alone": ["2.x"],
  "2.x, then ours in turn": ["2.x", "ours"],
  "ours, then 2.x in turn": ["ours", "2.x"],
  "ours alone": ["ours"],
};

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

function start2x({ folder, databases }: Scenario, args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [cliOf2x, ...args], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      PGHOST: databases.map(({ url }) => url).join(","),
      PGMIGDIR: join(folder, "mig"),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (text) => {
    output += text;
  });
  child.stderr.on("data", (text) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, output }));
  });
}

async function runTool(tool: Tool, given: Scenario, args: readonly string[]): Promise<Ended> {
  if (tool === "2.x") {
    return start2x(given, args);
  }
  const { status, stdout, stderr } = await given.pgMig(args);
  return { status, output: `${stdout}${stderr}` };
}

/** All that a cluster holds, without what may differ: ledger comments, the path of two functions, the order of nodes. */
async function stateOf({ databases }: Scenario): Promise<unknown> {
  const own = "n.nspname !~ '^pg_|^information_schema$'";
  return Promise.all(
    databases.map(async (database) => {
      const functions = await database.query(
        `SELECT n.nspname, p.proname, p.prosrc, p.proowner::regrole::text AS owner, p.proacl::text AS acl,
           pg_get_function_result(p.oid) AS result
         FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${own} ORDER BY 1, 2`,
      );
      const relations = await database.query(
        `SELECT n.nspname, c.relname, c.relkind, i.indisvalid,
           array(SELECT a.attname || ' ' || format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         LEFT JOIN pg_index i ON i.indexrelid = c.oid WHERE ${own} ORDER BY 1, 2`,
      );
      const seen = await database.query(
        `SELECT what, array(SELECT regexp_replace(host, '/.*', '/db') FROM unnest(string_to_array(hosts, ',')) host ORDER BY 1) AS hosts
         FROM public.seen ORDER BY id`,
      );
      return {
        functions: functions.map((row) => ({
          ...row,
          prosrc: row.prosrc.replace(/ \/\* pg-mig .* \*\/ $/s, " "),
        })),
        relations,
        seen,
      };
    }),
  );
}

const hook = (what: string) =>
  `\\getenv hosts PG_MIG_HOSTS\nINSERT INTO public.seen(what, hosts) VALUES ('${what}', :'hosts');\n`;
const limit = "-- $parallelism_global = 2\n";

interface Step {
  readonly name: string;
  /** What is done beforehand: files, and statements on each node. */
  readonly files?: Readonly<Record<string, string>>;
  readonly sql?: string;
  readonly args?: readonly string[];
  readonly status: 0 | 1;
}

const steps: readonly Step[] = [
  {
    name: "applies four prefixes, with before.sql, after.sql and $run_alone",
    files: {
      "before.sql": hook("before"),
      "after.sql": hook("after"),
      "20240101000000.a.sh": "CREATE TABLE a(id int, t text);",
      "20240101000000.a.sh.dn.sql": "DROP TABLE a;",
      "20240101000001.b.public": "CREATE TABLE b(id int);",
      "20240101000002.c.sh0002": "-- $run_alone = 1\nCREATE TABLE c(id int);",
      "20240101000003.d.one": "CREATE TABLE d(id int);",
    },
    status: 0,
  },
  { name: "has nothing to do", status: 0 },
  {
    name: "builds an index CONCURRENTLY, alone in its file",
    files: {
      "20240102000000.index.sh": `${limit}CREATE INDEX CONCURRENTLY a_id ON a(id);`,
      "20240102000000.index.sh.dn.sql": "DROP INDEX a_id;",
    },
    status: 0,
  },
  {
    name: "undoes that by the name of its file",
    args: ["--undo=20240102000000.index.sh.dn.sql"],
    status: 0,
  },
  { name: "applies it again", status: 0 },
  {
    name: "builds an index CONCURRENTLY in the old form, with $delay",
    files: {
      "20240103000000.old.sh": `${limit}-- $delay = 5\nCOMMIT;\nDROP INDEX IF EXISTS a_t;\nCREATE INDEX CONCURRENTLY a_t ON a(t);\nBEGIN;`,
    },
    status: 0,
  },
  { name: "runs an edited after.sql", files: { "after.sql": hook("after, edited") }, status: 0 },
  { name: "runs an edited before.sql", files: { "before.sql": hook("before, edited") }, status: 0 },
  { name: "serves a new schema", sql: "CREATE SCHEMA sh0009", status: 0 },
  {
    name: "runs the hooks for schemas that get no version, but for debug_",
    sql: "CREATE SCHEMA foreigner; CREATE SCHEMA debug_x",
    status: 0,
  },
  {
    name: "fails on one shard, and goes on with the others",
    files: {
      "20240104000000.half.sh":
        "CREATE TABLE half(id int);\nSELECT 1 / (current_schema() <> 'sh0001')::int;",
      "20240104000000.half.sh.dn.sql": "DROP TABLE half;",
    },
    status: 1,
  },
  { name: "undoes where it went well", args: ["--undo=20240104000000.half.sh"], status: 0 },
  {
    name: "applies the fixed version everywhere",
    files: { "20240104000000.half.sh": "CREATE TABLE half(id int);" },
    status: 0,
  },
  {
    name: "fails in after.sql",
    files: {
      "after.sql": "SELECT 1/0;",
      "20240105000000.last.sh": "CREATE TABLE last(id int);",
      "20240105000000.last.sh.dn.sql": "DROP TABLE last;",
    },
    status: 1,
  },
  {
    name: "runs after.sql when it is fixed",
    files: { "after.sql": hook("after, fixed") },
    status: 0,
  },
  { name: "refuses to undo in the middle", args: ["--undo=20240101000000.a.sh"], status: 1 },
  { name: "undoes the last version", args: ["--undo=20240105000000.last.sh"], status: 0 },
  { name: "applies it again", status: 0 },
  { name: "brings chain.txt up to date", args: ["--chain"], status: 0 },
];

describe.skipIf(missing)(`pg-mig 2.x and this one on the same cluster${reason}`, () => {
  it("leave the same state after each step, whoever does it", async () => {
    const given = await Promise.all(
      Object.entries(tracks).map(async ([track, tools]) => {
        const one = await scenario({ shards: ["sh0001", "sh0002", "one"] });
        for (const database of one.databases) {
          await database.query(
            "CREATE TABLE public.seen(id serial, what text, hosts text); CREATE INDEX seen_what ON public.seen(what)",
          );
        }
        // The head of the file is that of whoever wrote it first.
        await one.migrations({ "20230101000000.first.nobody": "" });
        expect(await runTool("2.x", one, ["--chain"])).toMatchObject({ status: 0 });
        return { track, tools, one };
      }),
    );
    for (const [index, step] of steps.entries()) {
      const states: unknown[] = [];
      for (const { track, tools, one } of given) {
        const tool = tools[index % tools.length] as Tool;
        await one.migrations(step.files ?? {});
        for (const database of one.databases) {
          await database.query(step.sql ?? "");
        }
        const { status, output } = await runTool(tool, one, step.args ?? []);
        const what = `${index + 1}. ${step.name}; ${track}, by ${tool}`;
        expect(status, `${what}\n${output}`).toBe(step.status);
        const chain = await readFile(join(one.folder, "mig", "chain.txt"), "utf8");
        states.push({ chain, cluster: await stateOf(one) });
        expect(states.at(-1), what).toEqual(states[0]);
      }
    }
    const digests = await Promise.all(
      given.flatMap(({ one }) =>
        (["2.x", "ours"] as const).map((tool) => runTool(tool, one, ["--list=digest"])),
      ),
    );
    expect(new Set(digests.map(({ output }) => output)).size).toBe(1);
  }, 600_000);

  it("do not work at the same time: a run of ours that meets 2.x stops", async () => {
    const one = await scenario({ shards: ["sh0001", "sh0002"] });
    await one.migrations({ "1.slow.sh": "SELECT pg_sleep(20);" });
    const theirs = start2x(one, []);
    await until(async () => (await sleepersOn(one)) > 0);
    const refused = await one.pgMig();
    expect(refused).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("pg-mig 2.x seems to be at work on"),
    });
    expect(await theirs).toMatchObject({ status: 0 });
    expect((await one.pgMig()).stdout).toContain("Nothing to do.");
  }, 180_000);

  it("do not work at the same time: a run of ours stops when 2.x begins", async () => {
    const one = await scenario({ shards: ["sh0001", "sh0002"] });
    await one.migrations({ "1.slow.sh": "SELECT pg_sleep(20);" });
    const ours = one.start();
    await until(async () => (await sleepersOn(one)) > 0);
    const theirs = start2x(one, []);
    const { status, stdout } = await ours.result;
    expect(status).toBe(1);
    expect(stdout).toContain("A run of pg-mig 2.x began on");
    expect(await theirs).toMatchObject({ status: 0 });
    for (const database of one.databases) {
      expect(await one.ledger("sh0001", database)).toEqual(["1.slow.sh"]);
    }
  }, 180_000);
});

async function sleepersOn({ databases }: Scenario): Promise<number> {
  const counts = await Promise.all(
    databases.map(async (database) => {
      const [row] = await database.query<{ n: number }>(
        "SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND query ~ '^(?!SELECT count).*pg_sleep' AND state = 'active'",
      );
      return row?.n ?? 0;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) {
    await sleep(50);
  }
}
