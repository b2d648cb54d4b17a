import { startNodes, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ScriptBench } from "../testing/script-bench.js";

let cluster: TestCluster;
let database: TestDatabase;
let bench: ScriptBench;
beforeAll(async () => {
  cluster = await startNodes();
  database = await cluster.node.createDatabase();
});
afterAll(() => cluster?.stop());
beforeEach(async () => {
  bench = await ScriptBench.inEmptied(await database.connect());
});
afterEach(() => bench.client.end());

const inTransaction = {
  prologue: ["BEGIN", "CREATE TABLE log (what text)"],
  epilogue: ["INSERT INTO log VALUES ('epilogue')"],
  expectOpenTransaction: true,
} as const;

describe("runScript", () => {
  it("sends a plain script, its prologue and its epilogue as one message", async () => {
    const run = await bench.run("create table t (a int);\n\ninsert into t values (1) -- end", {
      ...inTransaction,
    });
    expect(run).toMatchObject({ error: undefined, messages: 1, transactionStatus: "open" });
    expect(await bench.values("select a from t")).toEqual([1]);
    expect(await bench.values("select what from log")).toEqual(["epilogue"]);
  });

  for (const text of ["", ";;", "-- nothing", "/* nothing */", "\ufeff\n"]) {
    it(`runs prologue and epilogue around ${JSON.stringify(text)}`, async () => {
      const run = await bench.run(text, inTransaction);
      expect(run).toMatchObject({ error: undefined, messages: 1, transactionStatus: "open" });
      expect(await bench.values("select what from log")).toEqual(["epilogue"]);
    });
  }

  describe("a script of more than a message should hold", () => {
    const row = (n: number) => `insert into t values (${n}, '${"x".repeat(1000)}');\n`;
    const rows = Array.from({ length: 1000 }, (_, n) => row(n)).join("");
    const table = "create table t (a int, b text);\n";

    it("is several messages inside of a transaction, whether it has psql commands or not", async () => {
      for (const text of [table + rows, `\\set v 1\n${table}${rows}select :v;\n`]) {
        const run = await bench.run(text, inTransaction);
        expect(run).toMatchObject({ error: undefined, messages: 4, transactionStatus: "open" });
        expect(await bench.values("select count(*)::int from t")).toEqual([1000]);
        expect(await bench.values("select what from log")).toEqual(["epilogue"]);
        await bench.client.query("rollback");
      }
    });

    it("is one message outside of one: all or nothing", async () => {
      const run = await bench.run(`${table}${rows}select 1/0;`);
      expect(run).toMatchObject({ error: { sqlState: "22012", where: { line: 1002, column: 1 } } });
      expect(await bench.values("select to_regclass('t')")).toEqual([null]);
    });

    it("fails at the place in the file, and sends nothing after it", async () => {
      const run = await bench.run(`${table}${rows}select nope;\n${rows}`, inTransaction);
      expect(run.error).toMatchObject({
        sqlState: "42703",
        where: { file: "a.sql", line: 1002, column: 8 },
      });
    });

    it("is refused as a whole if a statement would end the transaction: nothing is sent", async () => {
      const run = await bench.run(`${table}${rows}commit;\n`, inTransaction);
      expect(run.error?.code).toBe("SCRIPT_ENDED_TRANSACTION");
      expect(await bench.values("select to_regclass('t')")).toEqual([null]);
    });
  });

  it("sends each statement alone when told so", async () => {
    const run = await bench.run("create table t (a int);\nvacuum t;\nselect 1", {
      batching: "single",
    });
    expect(run).toMatchObject({ error: undefined, messages: 3, transactionStatus: "idle" });
  });

  it("passes notices on", async () => {
    const run = await bench.run("do $$ begin raise warning 'careful'; end $$;");
    expect(run.notices).toEqual(["WARNING: careful"]);
  });

  it("finds the place of an error that the server gives a position for", async () => {
    const run = await bench.run("\ufeffselect 1;\r\n\r\n\tselect '表', 𝒳, nope; -- x\r\n");
    expect(run.error).toMatchObject({
      code: "SCRIPT_FAILED",
      sqlState: "42703",
      part: "script",
      where: { file: "a.sql", line: 3, column: 14 },
      excerpt: "\tselect '表', 𝒳, nope; -- x\n\t              ^".replace(
        "              ^",
        `${" ".repeat(13)}^`,
      ),
    });
  });

  it("finds the statement of an error without a position by counting", async () => {
    const script =
      "create table t (a int unique);\n/* c */ ;\ninsert into t values (1);\n  insert into t values (1);";
    const run = await bench.run(script, inTransaction);
    expect(run.error).toMatchObject({ sqlState: "23505", where: { line: 4, column: 3 } });
    expect(run.error?.detail).toContain("already exists");
  });

  it("tells an error of the prologue and of the epilogue from one of the script", async () => {
    const prologue = await bench.run("select 1;", { prologue: ["SELECT 1/0"] });
    expect(prologue.error).toMatchObject({ part: "prologue", where: undefined });
    const epilogue = await bench.run("select 1;", { epilogue: ["SELECT nope"] });
    expect(epilogue.error).toMatchObject({ part: "epilogue", where: undefined });
  });

  it("never sends the epilogue behind a failure", async () => {
    await bench.client.query("create table t (a int)");
    for (const batching of ["joined", "single"] as const) {
      const run = await bench.run("select 1;\n\\echo x\nselect 1/0;", {
        batching,
        epilogue: ["INSERT INTO t VALUES (1)"],
      });
      expect(run.error?.where).toEqual({ file: "a.sql", line: 3, column: 1 });
    }
    expect(await bench.values("select count(*)::int from t")).toEqual([0]);
  });

  it("refuses what would end the transaction around it, and has sent nothing", async () => {
    for (const end of ["commit", "ROLLBACK", "end", "abort", "prepare transaction 'x'"]) {
      const run = await bench.run(`create table t (a int);\n ${end};`, {
        expectOpenTransaction: true,
      });
      expect(run.error).toMatchObject({
        code: "SCRIPT_ENDED_TRANSACTION",
        where: { line: 2, column: 2 },
      });
    }
    expect(await bench.values("select to_regclass('t')")).toEqual([null]);
  });

  it("keeps what stands before a transaction out of it", async () => {
    const text =
      "create table t (a int);\ninsert into t values (1);\nbegin; insert into t values (2);\nrollback;";
    expect((await bench.run(text)).error).toBeUndefined();
    expect(await bench.values("select a from t")).toEqual([1]);
  });

  it("keeps savepoints for what they are", async () => {
    const text = "savepoint s; select 1; rollback to s; rollback work to savepoint s; release s;";
    expect(await bench.run(text, inTransaction)).toMatchObject({
      error: undefined,
      transactionStatus: "open",
    });
  });

  it("refuses to end inside a transaction that the script began", async () => {
    const run = await bench.run("select 1;\nbegin;\ncreate table t (a int);\n");
    expect(run.error?.code).toBe("SCRIPT_LEFT_TRANSACTION");
    await bench.client.query("rollback");
    expect(await bench.run("begin; select 1; commit;")).toMatchObject({ error: undefined });
    const ending = await bench.run("commit;\nvacuum;\nbegin;\nselect 1;", {
      prologue: ["BEGIN"],
      batching: "single",
    });
    expect(ending).toMatchObject({ error: undefined, transactionStatus: "open" });
  });

  it("tells a lost connection, and where", async () => {
    const run = await bench.run("select 1;\nselect pg_terminate_backend(pg_backend_pid());\n");
    expect(run.error).toMatchObject({
      code: "CONNECTION_LOST",
      sqlState: "57P01",
      where: { line: 2, column: 1 },
    });
    const again = await bench.run("select 1;");
    expect(again.error?.code).toBe("CONNECTION_LOST");
  });

  it("sends nothing more once its signal is aborted", async () => {
    const controller = new AbortController();
    const run = await bench.run("create table t (a int);\n\\echo now\ncreate table u (a int);", {
      onOutput: () => controller.abort(),
      signal: controller.signal,
    });
    expect(run.error).toMatchObject({ code: "SCRIPT_ABORTED", where: { line: 3, column: 1 } });
    expect(await bench.values("select to_regclass('u')")).toEqual([null]);
  });

  it("refuses another client encoding", async () => {
    const run = await bench.run("select 1;\nset client_encoding to 'LATIN1';\n\\echo x\n");
    expect(run.error).toMatchObject({ code: "SCRIPT_ENCODING", where: { line: 2, column: 1 } });
  });

  it("refuses it at its statement, in every form and before anything after it", async () => {
    await bench.client.query("create table t (a text)");
    for (const change of [
      "set client_encoding = 'LATIN1';",
      "set names 'LATIN1';",
      "select set_config('client_encoding', 'LATIN1', false);",
      "set client_encoding = 'UTF8'; set client_encoding = 'LATIN1';",
    ]) {
      const text = `insert into t values ('1');\n  ${change} insert into t values ('2');\nselect 1;\n`;
      for (const options of [inTransaction, {}]) {
        await bench.client.query("rollback; reset client_encoding; truncate t");
        const run = await bench.run(text, { ...options, epilogue: ["select 1"] });
        expect(run.error).toMatchObject({
          code: "SCRIPT_ENCODING",
          where: { file: "a.sql", line: 2 },
        });
        expect(await bench.values("select a from t")).toEqual(["1"]);
      }
    }
    await bench.client.query("rollback; reset client_encoding");
  });

  it.each([
    ["a\u00a0int", "U+00A0 (no-break space) stands in line 2, column 21. Type a plain space"],
    ["a\u200b int, b inet 1", "U+200B (invisible character) stands in line 2, column 21. Remove"],
    ["\ufeffa int, b inet 1", "U+FEFF (byte order mark) stands in line 2, column 20. Remove"],
    [
      "a text default \u2018x\u2019",
      "U+2018 (typographic quote) stands in line 2, column 35. Type '",
    ],
    [
      "a int, \u{1d4b3}\u00a0int",
      "U+00A0 (no-break space) stands in line 2, column 28. Type a plain",
    ],
    ["a int default 1 \u2013 2", "U+2013 (typographic dash) stands in line 2, column 36. Type -"],
  ])("names the character that makes a statement a wrong one: %j", async (columns, advice) => {
    const run = await bench.run(
      `select '\u00a0', 1 as "\u2019" -- \u00a0\n; create table tt (${columns});`,
    );
    expect(run.error?.code).toBe("SCRIPT_FAILED");
    expect(run.error?.hint).toContain(advice);
  });

  it.each([
    ["do $$ begin\n  perform 1,\u00a0Num; end $$", 13],
    ["do $$ begin\n  perform a\u200b; end $$", 12],
    ["create function f() returns int language sql as '\n select NUM\u00a0b'", 12],
    ["create function f() returns int language plpgsql as $f$\nbegin return\u00a01; end $f$", 13],
  ])("names it also in the body of a routine: %j", async (statement, column) => {
    const run = await bench.run(`select '\u00a0', 1 as "\u00a0num";\n\n${statement};`);
    expect(run.error?.hint).toMatch(/^U\+(00A0|200B) /);
    expect(run.error?.hint).toContain(`stands in line 4, column ${column}.`);
  });

  it("names it in the name of a command that does not exist", async () => {
    const run = await bench.run("select 1;\n\\set\u00a0x 1\n");
    expect(run.error?.code).toBe("SCRIPT_COMMAND_REFUSED");
    expect(run.error?.hint).toContain("U+00A0 (no-break space) stands in line 2, column 5.");
  });

  it("names no joiner in a word of a script that has them", async () => {
    const hint = async (name: string) => (await bench.run(`select ${name};`)).error?.hint;
    expect(await hint("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645")).toBeUndefined();
    expect(await hint("a\u200cb")).toContain("U+200C (invisible character)");
  });

  it("names no character that may stand where it is", async () => {
    for (const statement of [
      `select '\u00a0', "\u2019" -- \u00a0\n;`,
      `do $$ begin perform "\u00a0x"; end $$;`,
      `do $$ begin execute 'select ' || chr(160) || 'x'; end $$; select '\u00a0';`,
    ]) {
      const run = await bench.run(statement);
      expect(run.error?.sqlState).toBe("42703");
      expect(run.error?.hint).toBeUndefined();
    }
  });

  it("leaves nothing of itself on the client", async () => {
    const listeners = () =>
      ["notice", "error"].map((event) => bench.client.listenerCount(event)).join();
    const before = listeners();
    await bench.run("select 1;");
    await bench.run("select 1/0;");
    expect(listeners()).toBe(before);
  });

  it("follows standard_conforming_strings from line to line, as the server has it", async () => {
    const run = await bench.run(
      String.raw`set standard_conforming_strings = off;
set escape_string_warning = off;
select 'a\'; b' as v \gset
\echo :v`,
    );
    expect(run).toMatchObject({ error: undefined, stdout: ["a'; b"] });
  });
});
