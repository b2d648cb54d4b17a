import { startNodes, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ScriptBench } from "../testing/script-bench.js";
import { loadScript } from "./load-script.js";
import { parseScript } from "./parse-script.js";

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

/** A directory `/m` in memory. */
function directory(files: Record<string, string | Uint8Array>) {
  const read: string[] = [];
  return {
    read,
    readFile: async (path: string) => {
      read.push(path);
      const content = files[path.replace(/^\/m\//, "")];
      if (content === undefined) {
        throw new Error(`no such file: ${path}`);
      }
      return typeof content === "string" ? Buffer.from(content) : content;
    },
  };
}
const load = (files: Record<string, string | Uint8Array>) =>
  loadScript("/m/a.sql", { ...directory(files), file: "a.sql" });

describe("loadScript", () => {
  it("reads included files once, and running reads none", async () => {
    const disk = directory({
      "a.sql": "\\i sub/b.sql\n\\ir sub/b.sql\n\\echo a\n",
      "sub/b.sql": "\\ir c.sql\n\\echo b\n",
      "sub/c.sql": "\\echo c\n",
    });
    const script = await loadScript("/m/a.sql", { readFile: disk.readFile, file: "a.sql" });
    expect(disk.read).toEqual(["/m/a.sql", "/m/sub/b.sql", "/m/sub/c.sql"]);
    const run = await bench.runScript(script, {
      readFile: () => Promise.reject(new Error("read")),
    });
    expect(run).toMatchObject({ error: undefined, stdout: ["c", "b", "c", "b", "a"] });
  });

  it("keeps the statement outside of an include together", async () => {
    const run = await bench.runScript(
      await load({
        "a.sql": "select 'outer'\n\\i b.sql\n as x \\gset\n\\echo :x :y\n",
        "b.sql": "select 1 as y \\gset\n",
      }),
    );
    expect(run).toMatchObject({ error: undefined, stdout: ["outer 1"] });
  });

  it("points into the included file, and to where it was included", async () => {
    const run = await bench.runScript(
      await load({
        "a.sql": "select 1;\n \\i sub/b.sql\n",
        "sub/b.sql": "select 1;\nselect\n nope;",
      }),
    );
    expect(run.error).toMatchObject({
      where: { file: "sub/b.sql", line: 3, column: 2 },
      includedFrom: [{ file: "a.sql", line: 2, column: 2 }],
    });
  });

  it("refuses what it can see beforehand in included files, too", async () => {
    await expect(
      load({ "a.sql": "\\i b.sql\n", "b.sql": "\n\\connect x\n" }),
    ).rejects.toMatchObject({
      code: "SCRIPT_COMMAND_REFUSED",
      where: { file: "b.sql", line: 2 },
    });
    await expect(load({ "a.sql": "select 1;\n\\i nosuch.sql\n" })).rejects.toMatchObject({
      code: "SCRIPT_INCLUDE",
      where: { file: "a.sql", line: 2 },
    });
    await expect(load({ "a.sql": "\\i b.sql\n", "b.sql": "\\i a.sql\n" })).rejects.toMatchObject({
      code: "SCRIPT_INCLUDE",
      where: { file: "b.sql", line: 1 },
    });
  });

  it("says what to do about an included file that cannot be read", async () => {
    for (const [code, advice] of [
      ["ENOENT", "There is no file /m/nosuch.sql. Correct the name"],
      ["EISDIR", "/m/nosuch.sql is a directory."],
      ["EACCES", "Allow the user who runs this to read /m/nosuch.sql."],
      ["EIO", "Make /m/nosuch.sql readable: EIO: sorry"],
    ] as const) {
      const readFile = async (path: string) => {
        if (path === "/m/a.sql") {
          return Buffer.from("\\ir nosuch.sql\n");
        }
        throw Object.assign(new Error(`${code}: sorry`), { code });
      };
      const hint = expect.stringContaining(advice);
      await expect(loadScript("/m/a.sql", { readFile })).rejects.toMatchObject({ hint });
      const late = {
        ...parseScript("\\set f nosuch\n\\ir :f.sql\n", { file: "/m/a.sql" }),
        path: "/m/a.sql",
      };
      expect((await bench.runScript(late, { readFile })).error).toMatchObject({ hint });
    }
  });

  it("leaves files with a name that is not fixed to the run", async () => {
    const disk = directory({
      "a.sql": "\\set f 'b.sql'\n\\i :f\n\\if false\n\\i nosuch\n\\endif\n",
      "b.sql": "\\echo b\n\\i :f\n",
    });
    const script = await loadScript("/m/a.sql", { readFile: disk.readFile, file: "a.sql" });
    const run = await bench.runScript(script, { readFile: disk.readFile });
    expect(run.error).toMatchObject({ code: "SCRIPT_INCLUDE", where: { file: "b.sql", line: 2 } });
  });

  it("refuses what is not UTF-8 text, where it stops being it", async () => {
    const latin1 = Buffer.from("select 1;\nselect 'caf\xe9';", "latin1");
    await expect(load({ "a.sql": latin1 })).rejects.toMatchObject({
      code: "SCRIPT_ENCODING",
      where: { line: 2, column: 12 },
    });
    await expect(load({ "a.sql": "PGDMP\u0001" })).rejects.toMatchObject({
      code: "SCRIPT_NOT_TEXT",
    });
  });
});
