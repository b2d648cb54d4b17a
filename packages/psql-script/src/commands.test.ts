import { startNodes, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ScriptBench } from "./testing/script-bench.js";

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

const printed = async (text: string, options = {}) => {
  const { stdout, error } = await bench.run(text, options);
  expect(error).toBeUndefined();
  return stdout;
};
const failure = async (text: string, options = {}) => (await bench.run(text, options)).error;

describe("\\echo", () => {
  it("reads quotes, variables and glued pieces as psql does", async () => {
    const text = `\\set v 'one two'\n\\echo a'b c'd "x y" :v :'v' ':v' x:v end;\n`;
    expect(await printed(text)).toEqual([`ab cd "x y" one two 'one two' :v xone two end;`]);
    expect(await printed("\\echo -n a\n\\echo '-n' b \\\\ select 1;\n")).toEqual(["a-n b"]);
    expect(await printed(String.raw`\echo 'a''b\tc\101\x42\303\251'`)).toEqual(["a'b\tcABé"]);
  });
  it("writes \\warn to the other stream, and \\qecho where results go", async () => {
    const run = await bench.run("\\warn w\n\\qecho q\n\\o /dev/null\n\\qecho r\n\\o\n\\qecho s\n");
    expect(run).toMatchObject({ stdout: ["q", "s"], stderr: ["w"] });
  });
});

describe("variables", () => {
  it("are put in as text, as literal, as identifier and as a test", async () => {
    const text = `\\set v 'it''s' \n\\set t 'my "t"'
create table :"t" as select :'v' as a, :{?v} as b, :{?no} as c;
table :"t" \\gset\n\\echo :a :b :c\n`;
    expect(await printed(text)).toEqual(["it's t f"]);
  });
  it("may hold halves of statements, whole ones, and commands", async () => {
    const text = `\\set half 'select ''abc'\n\\set two 'select 1 as x; select 2'\n\\set go 'select 3 as z \\\\gset'
:half def' as y \\gset\n:two as y2 \\gset\n:go\n\\echo :y :y2 :z\n`;
    expect(await printed(text)).toEqual(["abc def 2 3"]);
  });
  it("find the place of an error behind and inside of what was put in", async () => {
    const text = "\\set long 'a very long value'\nselect :'long',\n  nope;";
    expect((await failure(text))?.where).toEqual({ file: "a.sql", line: 3, column: 3 });
    const inside = "\\set bad 'nope'\nselect 1,\n  :bad;";
    expect((await failure(inside))?.where).toEqual({ file: "a.sql", line: 3, column: 3 });
  });
  it("tell how the last statement went", async () => {
    const text = `create table t as select generate_series(1, 3);
\\echo :ROW_COUNT :ERROR :SQLSTATE\nupdate t set generate_series = 0; select :ROW_COUNT as n \\gset\n\\echo :n\n`;
    expect(await printed(text)).toEqual(["3 false 00000", "3"]);
  });
  it("know the connection and the server", async () => {
    const [line] = await printed(
      "\\echo :DBNAME :USER :HOST :PORT :SERVER_VERSION_NUM :ENCODING\n",
    );
    const { database, user, host, port } = bench.client;
    const [version] = await bench.values("show server_version_num");
    expect(line).toBe(`${database} ${user} ${host} ${port} ${version} UTF8`);
  });
  it("refuse a value that a special variable cannot have", async () => {
    expect((await failure("\\set ON_ERROR_STOP on;\n"))?.code).toBe("SCRIPT_COMMAND_FAILED");
    expect((await failure("select 1;\n\\set AUTOCOMMIT off\n"))?.where?.line).toBe(2);
  });
  it("that cannot be set are refused", async () => {
    const error = await failure("select 1;", { variables: { "a b": "1" } });
    expect(error).toMatchObject({ code: "SCRIPT_VARIABLE", where: { file: "a.sql" } });
  });
  it("travel with the options, and stop a value from referring to itself", async () => {
    const run = await bench.run("select :v, ':r';\n\\set r 'select 5 as five; --:r'\n:r\n", {
      variables: { v: "1" },
    });
    expect(run.error).toBeUndefined();
  });
});

describe("\\if", () => {
  it("runs the first branch that holds, with blocks in blocks and parts of statements", async () => {
    const text = `\\if false\nselect (1;\n\\elif yes\nselect\n\\if 0\n 1\n\\else\n 2\n\\endif\n as a\n\\else\n nope(\n\\endif
\\gset\n\\echo :a\n`;
    expect(await printed(text)).toEqual(["2"]);
  });
  it("fails on a condition that is no boolean, which psql takes for false", async () => {
    expect((await failure("\\if 1 = 1\n\\endif\n"))?.code).toBe("SCRIPT_COMMAND_FAILED");
    expect(await printed("\\if 1 = 1\n\\echo a\n\\endif\n", { psqlCompat: true })).toEqual([]);
  });
  it("is refused where it is never closed, before anything runs", async () => {
    expect(await failure("create table t ();\n\\if true\n")).toMatchObject({
      code: "SCRIPT_UNTERMINATED",
      where: { line: 2, column: 1 },
    });
    expect(await bench.values("select to_regclass('t')")).toEqual([null]);
  });
  it("hides commands that could not run", async () => {
    expect(await printed("\\if false\n\\prompt x\n\\connect y\n\\endif\n\\echo ok\n")).toEqual([
      "ok",
    ]);
    expect((await failure("\\if true\n\\prompt x\n\\endif\n"))?.code).toBe(
      "SCRIPT_COMMAND_REFUSED",
    );
  });
});

describe("\\c", () => {
  it("is refused before anything is sent, unless it is said what makes a session new", async () => {
    const text = "create table t ();\n\\c -\n";
    expect(await failure(text)).toMatchObject({
      code: "SCRIPT_COMMAND_REFUSED",
      where: { line: 2, column: 1 },
    });
    expect(await bench.values("select to_regclass('t')")).toEqual([null]);
    expect((await failure("\\if true\n\\c\n\\endif\n"))?.code).toBe("SCRIPT_COMMAND_REFUSED");
  });
  it.each(["\\c postgres", "\\c - postgres", "\\connect :x", "\\c '-' - localhost"])(
    "is refused with a name: %s",
    async (text) => {
      expect((await failure(`${text}\n`, { newSessionSql: [] }))?.code).toBe(
        "SCRIPT_COMMAND_REFUSED",
      );
    },
  );
  it("rolls back what is open, and keeps psql's variables", async () => {
    const text = `\\set kept 1\nbegin;\ncreate table t ();\nset work_mem to '5MB';
\\c -;\nselect to_regclass('t') is null as gone \\gset\n\\echo :gone :kept\n`;
    const run = await bench.run(text, { newSessionSql: ["reset all", "set a.b to 'new'"] });
    expect(run).toMatchObject({ error: undefined, transactionStatus: "idle" });
    expect(run.stdout[0]).toBe("t 1");
    expect(await bench.values("select current_setting('a.b')")).toEqual(["new"]);
  });
});

describe("\\gset and \\gexec", () => {
  it("take columns by name, unset what is null, and see the last of several results", async () => {
    const text = `\\set c 1\nselect 1 as a, 'x y' as "B", null as c \\gset p_\nselect null as c \\gset\n\\echo :p_a :p_B :{?c}
select 1 as x \\; select 2 as y \\gset\n\\echo :{?x} :y\n`;
    expect(await printed(text)).toEqual(["1 x y FALSE", "FALSE 2"]);
  });
  it("leave ROW_COUNT as psql does: of the query, or of the value that failed last", async () => {
    const text = `create table t (a int);
select 'insert into t select generate_series(1, 5)' \\gexec\n\\echo :ROW_COUNT
select 5 as "ROW_COUNT" \\gset\n\\echo :ROW_COUNT
\\set ON_ERROR_STOP off
select 'select 1/0' union all select 'table t' \\gexec\n\\echo :ROW_COUNT :ERROR :LAST_ERROR_SQLSTATE
select 1 as a, 2 as b \\crosstabview\n\\echo :ROW_COUNT\n`;
    const { stdout } = await bench.run(text);
    expect(stdout).toEqual(["1", "1", "5 false 22012", "5"]);
  });
  it("needs one row", async () => {
    expect((await failure("select 1 where false \\gset\n"))?.message).toContain("no rows");
    expect((await failure("values (1), (2) \\gset\n"))?.message).toContain("more than one row");
    expect((await failure("select 1 \\gset\n"))?.message).toContain("?column?");
  });
  it("glue what waits to their own query: one message", async () => {
    const run = await bench.run("create table t ();\nselect 1 as a \\gset\n");
    expect(run).toMatchObject({ error: undefined, messages: 1 });
  });
  it("runs each value as it is, row by row, and points to the query when one fails", async () => {
    const text = `select format('create table %I ()', 't' || i), null from generate_series(1, 3) i \\gexec\n`;
    await printed(text);
    expect(
      await bench.values("select count(*)::int from pg_class where relname ~ '^t[123]$'"),
    ).toEqual([3]);
    const error = await failure(`select 1;\n  select 'select 1', 'select nope' \\gexec\n`);
    expect(error).toMatchObject({ sqlState: "42703", where: { line: 2, column: 3 } });
  });
  it("lets no value end the transaction around the script", async () => {
    const text = "create table t ();\nselect 'select 1; commit' \\gexec\n";
    const error = await failure(text, { prologue: ["BEGIN"], expectOpenTransaction: true });
    expect(error).toMatchObject({ code: "SCRIPT_ENDED_TRANSACTION", where: { line: 2 } });
    await bench.client.query("rollback");
    expect(await bench.values("select to_regclass('t')")).toEqual([null]);
  });
});

describe("commands", () => {
  const refused: Record<string, string> = {
    "another session": "\\c other\n",
    "a prompt": "\\prompt 'name?' v\n",
    "a repeated query": "select 1 \\watch 1\n",
    "results into a file": "select 1 \\g out.txt\n",
    "large objects": "\\lo_import f\n",
    "a name with a semicolon": "select 1 \\gset;\n",
    "a command that does not exist": "\\nosuch\n",
    "an end of COPY data outside of data": "select 1;\n\\.\n",
  };
  for (const [name, command] of Object.entries(refused)) {
    it(`are refused before anything runs: ${name}`, async () => {
      const error = await failure(`create table t ();\n${command}`);
      expect(error?.code).toBe("SCRIPT_COMMAND_REFUSED");
      expect(error?.where?.line).toBeGreaterThanOrEqual(2);
      expect(error?.hint).toBeTruthy();
    });
  }
  it("that only change what is shown do nothing", async () => {
    const text =
      "\\pset pager off\n\\timing on\n\\x\n\\t\n\\a\n\\d\n\\dt+ public.*\n\\l\n\\sf f(int)\n";
    expect(await printed(`${text}\\echo ok\n`)).toEqual(["ok"]);
    expect((await failure("\\pset nosuch 1\n"))?.code).toBe("SCRIPT_COMMAND_FAILED");
  });
  it("are forbidden behind \\restrict, until its key is given", async () => {
    const dump = "\\restrict k\ncreate table t ();\n\\unrestrict k\n\\echo free\n";
    expect(await printed(dump)).toEqual(["free"]);
    expect((await failure("\\restrict k\n\\echo x\n"))?.where?.line).toBe(2);
    expect((await failure("\\restrict k\n\\unrestrict j\n"))?.where?.line).toBe(2);
  });
  it("end a file with \\q, whatever comes after it", async () => {
    expect(await printed("\\echo a\n\\q\n\n-- nothing\n")).toEqual(["a"]);
    expect(await printed("\\echo a\n\\q\nno sql; '\n\\nosuch\n")).toEqual(["a"]);
    const guard = "\\if :{?v} \\else \\echo v is missing \\quit \\endif\n\\echo go\n";
    expect(await printed(guard)).toEqual(["v is missing"]);
    expect(await printed(guard, { variables: { v: "1" } })).toEqual(["go"]);
  });
  it("see the environment and the directory of the run only", async () => {
    const text = "\\getenv a A\n\\getenv no NO\n\\setenv B b\n\\getenv b B\n\\echo :a :b :{?no}\n";
    expect(await printed(text, { env: { A: "1" } })).toEqual(["1 b FALSE"]);
  });
  it("run no shell, unless it is allowed", async () => {
    const text =
      'create table t ();\n\\set h `echo "$HOSTS"; pwd`\n\\echo :h\n\\! echo out; exit 3\n';
    expect(await failure(text)).toMatchObject({
      code: "SCRIPT_COMMAND_REFUSED",
      where: { line: 2 },
    });
    expect(await bench.values("select to_regclass('t')")).toEqual([null]);
    const run = await bench.run(text, { allowShell: true, env: { HOSTS: "h1,h2" }, cwd: "/" });
    expect(run).toMatchObject({ error: undefined, stdout: ["h1,h2", "/", "out"] });
    expect(run.stderr.join()).toContain("status 3");
  });
});

describe("ON_ERROR_STOP off", () => {
  it("goes on behind errors, and tells them", async () => {
    const text = `\\set ON_ERROR_STOP off\nselect 1/0;\n\\echo :LAST_ERROR_SQLSTATE\n\\copy t from nosuch\ncreate table t ();\n`;
    const run = await bench.run(text);
    expect(run).toMatchObject({ error: undefined, stdout: ["22012"] });
    expect(run.stderr.some((line) => line.includes("a.sql:2:"))).toBe(true);
    expect(await bench.values("select to_regclass('t')::text")).toEqual(["t"]);
  });
  it("does not hide that a transaction was rolled back", async () => {
    const text = "\\set ON_ERROR_STOP off\nbegin;\nselect 1/0;\ncommit;\n";
    expect(await failure(text)).toMatchObject({ code: "SCRIPT_ROLLED_BACK", where: { line: 4 } });
    const open = "\\set ON_ERROR_STOP off\nselect 1/0;\n";
    expect(await failure(open, { prologue: ["BEGIN"], expectOpenTransaction: true })).toMatchObject(
      {
        sqlState: "22012",
        where: { line: 2 },
      },
    );
  });
});
