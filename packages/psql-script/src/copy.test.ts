import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNodes, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ScriptBench } from "./testing/script-bench.js";

let cluster: TestCluster;
let database: TestDatabase;
let bench: ScriptBench;
let directory: string;
beforeAll(async () => {
  cluster = await startNodes();
  database = await cluster.node.createDatabase();
  directory = await mkdtemp(join(tmpdir(), "psql-script-"));
});
afterAll(async () => {
  await cluster?.stop();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  bench = await ScriptBench.inEmptied(await database.connect());
  await bench.client.query("create table t (a int, b text)");
});
afterEach(() => bench.client.end());

const rows = () => bench.values("select a || '|' || coalesce(b, '-') from t order by a");

describe("COPY FROM STDIN", () => {
  it("takes the lines behind its own, and goes on with the rest of its line then", async () => {
    const text = `copy t from stdin; select 'after' || count(*) as n from t \\gset
1\tit's; \\\\if
2\t\\N

\\.
\\echo :n
`.replace("\n\n\\.", "\n\\.");
    expect(await bench.run(text)).toMatchObject({ error: undefined, stdout: ["after2"] });
    expect(await rows()).toEqual(["1|it's; \\if", "2|-"]);
  });
  it("ends at the end of the file, and at a line end of Windows", async () => {
    expect(
      (await bench.run("copy t from stdin;\n1\ta\r\n\\.\r\ncopy t from stdin;\n2\tb")).error,
    ).toBe(undefined);
    expect(await rows()).toEqual(["1|a", "2|b"]);
  });
  it("serves several blocks of one message in turn", async () => {
    const text =
      "copy t from stdin \\; select 1 \\; copy t from stdin (format csv);\n1\ta\n\\.\n2,b\n\\.\n";
    expect((await bench.run(text)).error).toBeUndefined();
    expect(await rows()).toEqual(["1|a", "2|b"]);
  });
  it("streams a large block of characters of all widths", async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `${i}\té𝒳表${"x".repeat(i % 50)}`);
    const run = await bench.run(`copy t from stdin;\n${lines.join("\n")}\n\\.\nselect 1;`);
    expect(run.error).toBeUndefined();
    const [sum] = await bench.values("select sum(length(b))::int from t");
    expect(sum).toBe(lines.reduce((n, _, i) => n + 3 + (i % 50), 0));
  });
  it("reads its data to the end when the server refuses it, and runs nothing behind", async () => {
    const run = await bench.run("copy t from stdin;\n1\ta\nx\ty\n\\.\ndrop table t;\n");
    expect(run.error).toMatchObject({ sqlState: "22P02", where: { line: 3, column: 1 } });
    expect(await rows()).toEqual([]);
  });
  it("refuses binary data, wherever its statement comes from", async () => {
    for (const text of [
      "copy t from stdin (format binary);\nxx\n\\.\n",
      "\\set format binary\ncopy t from stdin (format :format);\nxx\n\\.\n",
      "select 'copy t from stdin binary' \\gexec\nxx\n\\.\n",
    ]) {
      const run = await bench.run(text);
      expect(run.error?.code).toBe("SCRIPT_FAILED");
      expect(run.error?.message).toContain("binary data cannot stand in a script");
      expect(run.error?.hint).toContain("\\copy");
    }
  });
  it("reads binary data from a file, as the advice says", async () => {
    const text = `insert into t values (1, 'x');\n\\copy t to t.bin (format binary)
truncate t;\n\\copy t from t.bin (format binary)\n`;
    expect((await bench.run(text, { cwd: directory })).error).toBeUndefined();
    expect(await rows()).toEqual(["1|x"]);
  });
  it("takes a statement that has the word binary in a name or a comment", async () => {
    const text = `alter table t rename b to "binary";
copy t (a, "binary") from stdin;\n1\tx\n\\.
/* not binary */ copy t from stdin; -- binary\n2\ty\n\\.
alter table t rename "binary" to b;\n`;
    expect((await bench.run(text)).error).toBeUndefined();
    expect(await rows()).toEqual(["1|x", "2|y"]);
  });
  it("reads data for statements that \\gexec made", async () => {
    const run = await bench.run("select 'copy t from stdin' \\gexec\n1\tfrom \\\\nosuch\n\\.\n");
    expect(run.error).toBeUndefined();
    expect(await rows()).toEqual(["1|from \\nosuch"]);
  });
});

describe("COPY TO STDOUT", () => {
  it("prints lines, unless results are muted", async () => {
    await bench.client.query("insert into t values (1, 'é'), (2, null)");
    const run = await bench.run("copy t to stdout;\n\\o /dev/null\ncopy t to stdout;\n");
    expect(run).toMatchObject({ error: undefined, stdout: ["1\té", "2\t\\N"] });
  });
});

describe("COPY TO STDOUT at the end of a script", () => {
  it("prints, in one message with the epilogue and by itself", async () => {
    const text = "insert into t values (1, 'x');\ncopy t to stdout;\n";
    const wrapped = { prologue: ["begin"], epilogue: ["commit"], expectOpenTransaction: false };
    for (const options of [{}, wrapped, { batching: "single" } as const]) {
      await bench.client.query("truncate t");
      expect(await bench.run(text, options)).toMatchObject({ error: undefined, stdout: ["1\tx"] });
    }
  });
});

describe("\\copy", () => {
  it("streams from a file of the run's directory, and into one", async () => {
    await writeFile(join(directory, "in.csv"), "1,one\n2,\n");
    const text =
      "\\copy t (a, b) from in.csv with (format csv)\n\\copy (select * from t order by a) to 'out.txt'\n";
    expect((await bench.run(text, { cwd: directory })).error).toBeUndefined();
    expect(await rows()).toEqual(["1|one", "2|-"]);
    expect(await readFile(join(directory, "out.txt"), "utf8")).toBe("1\tone\n2\t\\N\n");
  });
  it("carries 120 MB to a server and a program that are slow, without holding them", {
    timeout: 120_000,
  }, async () => {
    const hash = createHash("sha256");
    const big = await open(join(directory, "big.txt"), "w");
    for (let i = 0; i < 1200; i++) {
      const lines = Array.from(
        { length: 100 },
        (_, j) => `${i}\t${i * 100 + j}${"x".repeat(990)}\n`,
      );
      hash.update(lines.join(""));
      await big.write(lines.join(""));
    }
    await big.close();
    // Both wait before they take the data: whoever does not wait for them reads everything meanwhile.
    await bench.client.query(`create function slow() returns trigger language plpgsql as
      'begin if new.b = $$0$$ || repeat($$x$$, 990) then perform pg_sleep(1); end if; return new; end';
      create trigger slow before insert on t for each row execute function slow()`);
    const text = "\\copy t from big.txt\n\\copy t to program 'sleep 1; cat > big-out.txt'\n";
    const held = () => process.memoryUsage().heapUsed + process.memoryUsage().external;
    const before = held();
    let peak = before;
    const sampler = setInterval(() => {
      peak = Math.max(peak, held());
    }, 5);
    const options = { cwd: directory, allowShell: true, env: { PATH: "/usr/bin:/bin" } };
    const { error } = await bench.run(text, options);
    clearInterval(sampler);
    expect(error).toBeUndefined();
    expect(peak - before).toBeLessThan(80_000_000);
    const back = createHash("sha256");
    for await (const chunk of createReadStream(join(directory, "big-out.txt"))) {
      back.update(chunk);
    }
    expect(back.digest("hex")).toBe(hash.digest("hex"));
  });
  it("takes data from the script", async () => {
    expect((await bench.run("\\copy t from stdin\n1\tx\n\\.\n\\echo ok\n")).stdout).toEqual(["ok"]);
    expect(await rows()).toEqual(["1|x"]);
  });
  it("fails on a file that cannot be opened, and sends nothing then", async () => {
    for (const name of ["nosuch", "."]) {
      const run = await bench.run(`select 1;\n\\copy t from ${name}\n`, { cwd: directory });
      expect(run.error).toMatchObject({ code: "SCRIPT_COMMAND_FAILED", where: { line: 2 } });
    }
  });
  it("fails where its program fails, and loads nothing then", async () => {
    const options = { allowShell: true, env: { PATH: "/usr/bin:/bin" }, cwd: directory };
    const good = await bench.run("\\copy t from program 'echo 1,a' csv\n", options);
    expect(good.error).toBeUndefined();
    const bad = await bench.run("\\copy t from program 'echo 2,b; exit 7' csv\n", options);
    expect(bad.error?.message).toContain("7");
    const out = await bench.run("\\copy t to program 'cat > from-program.txt'\n", options);
    expect(out.error).toBeUndefined();
    expect(await readFile(join(directory, "from-program.txt"), "utf8")).toBe("1\ta\n");
    expect(await rows()).toEqual(["1|a"]);
  });
});
