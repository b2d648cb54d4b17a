import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNodes, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseScript } from "./read/parse-script.js";
import type { RunScriptOptions } from "./run/run-script-options.js";
import { programMajor, runPsql } from "./testing/psql.js";
import { ScriptBench } from "./testing/script-bench.js";

const set = "set standard_conforming_strings";
const scripts: Readonly<Record<string, string>> = {
  "a backslash": String.raw`insert into t values ('a\\b');`,
  "a change in an earlier line": String.raw`${set} = off;
insert into t values ('a\\b');
insert into t values ('it\'s; commit; x');`,
  "a change in the same line": String.raw`${set} = off; insert into t values ('a\\b');
${set} = on; insert into t values ('c\\d');
insert into t values ('e\');`,
  "a change to on": String.raw`insert into t values ('a\\b');
${set} = on;
insert into t values ('c\');
insert into t values ('d\\');`,
  "changes there and back": String.raw`${set} to off;
insert into t values ('a\'b');
reset standard_conforming_strings;
insert into t values ('c\\d');
${set} to 'on';
insert into t values ('e\');`,
  "a change beside commands": String.raw`\set v 'x\\y'
select set_config('standard_conforming_strings', 'off', false) as x \gset
insert into t values ('a\'; b'), (:'v');
\echo done`,
  "a change in a block": String.raw`do $$ begin perform set_config('standard_conforming_strings', 'off', false); end $$;
insert into t values ('a\\b');`,
  "a change in the same message": String.raw`${set} = off \; insert into t values ('a\\b');
insert into t values ('c\\d');`,
};

const cases = Object.entries(scripts).flatMap(([name, text]) =>
  (["on", "off"] as const).map((initial) => [name, initial, text] as const),
);

let cluster: TestCluster;
let directory: string;
const databases = new Map<"on" | "off", TestDatabase>();
beforeAll(async () => {
  cluster = await startNodes({ major: 15 });
  directory = await mkdtemp(join(tmpdir(), "psql-script-"));
  for (const initial of ["on", "off"] as const) {
    const database = await cluster.node.createDatabase();
    await database.query("create table t (a text)");
    await database.query(
      `alter database "${database.name}" set standard_conforming_strings = ${initial}`,
    );
    databases.set(initial, database);
  }
});
afterAll(async () => {
  await cluster?.stop();
  await rm(directory, { recursive: true, force: true });
});

const ways: Readonly<Record<string, RunScriptOptions>> = {
  "in one transaction": { prologue: ["BEGIN"], expectOpenTransaction: true },
  joined: {},
  "one by one": { batching: "single" },
};

async function emptied(initial: "on" | "off"): Promise<TestDatabase> {
  const database = databases.get(initial);
  if (database === undefined) {
    throw new Error("no database");
  }
  await database.query("truncate t");
  return database;
}

async function weRun(text: string, database: TestDatabase, options: RunScriptOptions) {
  const bench = new ScriptBench(await database.connect());
  const { error } = await bench.runScript(parseScript(text, { file: "a.sql" }), options);
  await bench.client.query(error === undefined ? "COMMIT" : "ROLLBACK");
  await bench.client.end();
  return error;
}

describe.skipIf(programMajor("psql") === undefined)("standard_conforming_strings, as psql", () => {
  it.each(cases)("follows %s, where it is %s at first", async (_, initial, text) => {
    const database = await emptied(initial);
    const file = join(directory, "a.sql");
    await writeFile(file, text);
    const { port, user, password } = cluster.node;
    const psql = await runPsql(file, { port, user, password, database: database.name });
    const rows = await database.query("select a from t");
    for (const options of Object.values(ways)) {
      await emptied(initial);
      const error = await weRun(text, database, options);
      expect(error === undefined).toBe(psql.status === 0);
      if (psql.status === 0) {
        expect(rows.length).toBeGreaterThan(0);
        expect(await database.query("select a from t")).toEqual(rows);
      }
    }
  });
});

describe("standard_conforming_strings", () => {
  it("that a function changes unseen is an error, and what was read wrong is not kept", async () => {
    const database = await emptied("on");
    await database.query(`create or replace function quietly() returns void language plpgsql as
      $$ begin perform set_config('standard_conforming' || '_strings', 'off', false); end $$`);
    const text = String.raw`select quietly();
insert into t values ('a\\b');`;
    const error = await weRun(text, database, { prologue: ["BEGIN"], expectOpenTransaction: true });
    expect(error).toMatchObject({ code: "SCRIPT_STRINGS", where: { file: "a.sql" } });
    expect(await database.query("select a from t")).toEqual([]);
  });
  it("that is off hides no COMMIT from the transaction that the script runs in", async () => {
    const database = await emptied("off");
    // While it is on, the string goes on to the quote before the dashes.
    const text = String.raw`insert into t values ('x');
select 'a\''; commit; select '--';`;
    const error = await weRun(text, database, {
      prologue: ["BEGIN"],
      expectOpenTransaction: true,
      epilogue: ["insert into t values ('epilogue')"],
    });
    expect(error).toMatchObject({
      code: "SCRIPT_ENDED_TRANSACTION",
      where: { file: "a.sql", line: 2, column: 15 },
    });
    expect(await database.query("select a from t")).toEqual([]);
  });
  it("is not asked for if the client tells it, and nothing tells it wrong", async () => {
    for (const initial of ["on", "off"] as const) {
      const database = await emptied(initial);
      const client = await database.connect();
      const told = Object.assign(client, {
        getParameterStatus: (name: string) =>
          name === "standard_conforming_strings" ? initial : undefined,
      });
      const run = await new ScriptBench(told).run(String.raw`insert into t values ('a\\b');`);
      await client.end();
      expect(run).toMatchObject({ error: undefined, messages: 1 });
      const [row] = await database.query("select length(a) from t");
      expect(row).toEqual({ length: initial === "on" ? 4 : 3 });
    }
  });
  it("is advice where a string is never closed after a backslash", () => {
    const parse = (text: string) => () => parseScript(text, { file: "a.sql" });
    expect(parse(String.raw`insert into t values ('it\'s');`)).toThrow(
      expect.objectContaining({
        code: "SCRIPT_UNTERMINATED",
        hint: expect.stringContaining("standard_conforming_strings"),
      }),
    );
    expect(parse(`${set} = off;\ninsert into t values ('it\\'s');`)).not.toThrow();
  });
});
