import { existsSync } from "node:fs";
import { chown, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

const noHost = { PGHOST: undefined, PGMIGDIR: undefined };

describe("pg-mig.config", () => {
  it.each([
    [
      "ts",
      (text: string) => `const config: Record<string, string> = ${text};\nexport default config;`,
    ],
    ["mts", (text: string) => `export default (action: string): object => (${text});`],
    ["cts", (text: string) => `module.exports = ${text} as object;`],
    ["js", (text: string) => `module.exports = ${text};`],
    ["mjs", (text: string) => `export default async () => (${text});`],
    ["cjs", (text: string) => `module.exports = () => (${text});`],
    ["cjs", (text: string) => `exports.default = ${text}; exports.PGHOST = "nowhere.invalid";`],
    ["cjs", (text: string) => `exports.default = async () => (${text});`],
    ["js", (text: string) => `exports.__esModule = true; exports.default = ${text};`],
    ["cts", (text: string) => `exports.default = ${text} as object;`],
  ])("is read as %s: an object, a function, an async function", async (suffix, source) => {
    const { write, migrations, pgMig, database, folder, ledger } = await scenario({
      shards: ["sh1"],
    });
    await migrations({ "1.a.sh": "" });
    const config = JSON.stringify({ PGHOST: database.url, PGMIGDIR: `${folder}/mig` });
    await write(`pg-mig.config.${suffix}`, source(config));
    // TypeScript's compiler is loaded as in a process of the user's.
    const process = suffix === "ts" ? "own" : "this";
    const { status, stderr } = await pgMig([], { env: noHost, process });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(await ledger("sh1")).toEqual(["1.a.sh"]);
  });

  it("is looked for in all parents; the nearest wins, key by key; functions get the action", async () => {
    const { write, migrations, pgMig, column, database, folder } = await scenario({
      shards: ["sh1"],
    });
    await migrations({
      "1.a.sh":
        "\\getenv who WHO\n\\getenv what WHAT\nCREATE TABLE t AS SELECT :'who' || ' ' || :'what';",
    });
    await write(
      "pg-mig.config.js",
      `module.exports = (action) => ({ WHO: "outer", WHAT: action, PGHOST: "${database.url}" });`,
    );
    await write("inner/deep/readme", "");
    await write(
      "inner/pg-mig.config.js",
      `module.exports = { WHO: "inner", WHAT: undefined, PGMIGDIR: "${folder}/mig" };`,
    );
    expect((await pgMig([], { cwd: "inner/deep", env: noHost, process: "this" })).status).toBe(0);
    expect(await column("SELECT * FROM sh1.t")).toEqual(["inner apply"]);
  });

  it("gives its values to the files, with those of the environment and PG_MIG_HOSTS", async () => {
    const { write, migrations, pgMig, database } = await scenario({ shards: ["sh1"] });
    await write(
      "pg-mig.config.js",
      "module.exports = { REGION: 'eu', LIMIT: 7, ON: true, NOT: undefined };",
    );
    await migrations({
      "1.a.sh": [
        '\\set region `echo "$REGION $LIMIT $ON"`',
        "\\getenv home FROM_OUTSIDE",
        "\\getenv hosts PG_MIG_HOSTS",
        "\\getenv not NOT",
        "CREATE TABLE t AS SELECT :'region' AS a, :'home' AS b, :'hosts' AS c, :{?not} AS d;",
      ].join("\n"),
    });
    const { status, stdout } = await pgMig([], { env: { FROM_OUTSIDE: "here" } });
    expect({ status, stdout }).toMatchObject({ status: 0 });
    const { host, port, name } = database;
    expect(await database.query("SELECT * FROM sh1.t")).toEqual([
      { a: "eu 7 true", b: "here", c: `${host}:${port}/${name}`, d: false },
    ]);
  });

  it.skipIf(process.geteuid?.() !== 0)(
    "is refused by name in a parent folder where it is a stranger's, unless --skip-config is given",
    async () => {
      const { write, migrations, pgMig, folder } = await scenario({ shards: ["sh1"] });
      await migrations({ "1.a.sh": "" });
      const path = join(folder, "pg-mig.config.cjs");
      const notes = join(folder, "notes");
      const code = `require("node:fs").appendFileSync(${JSON.stringify(notes)}, "IT RAN");`;
      await write("pg-mig.config.cjs", code);
      await write("in/pg-mig.config.cjs", `${code} module.exports = {};`);
      await chown(path, 65_534, 65_534);
      for (const action of [[], ["--list"], ["--list=digest"], ["--dry"], ["status"]]) {
        const { status, stdout, stderr } = await pgMig(action, { cwd: "in", process: "this" });
        expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
        expect(stderr).toContain(`The config file ${path} is not run: it belongs to the user`);
        expect(stderr).toContain("--skip-config");
      }
      const skipping = ["--list", "--skip-config"];
      expect((await pgMig(skipping, { cwd: "in", process: "this" })).status).toBe(0);
      expect(existsSync(notes)).toBe(false);
      expect((await pgMig(["--list"], { process: "this" })).status).toBe(0);
      expect(await readFile(notes, "utf8")).toBe("IT RAN");
    },
  );

  it("calls its `after` once, behind a fully successful apply, the outermost first", async () => {
    const { write, migrations, pgMig, folder } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "SELECT 1/0;" });
    const notes = join(folder, "notes");
    await write("notes", "");
    const note = (word: string) =>
      `require("node:fs").appendFileSync(${JSON.stringify(notes)}, "AFTER ${word}\\n")`;
    await write("pg-mig.config.js", `module.exports = { after: () => ${note("outer")} };`);
    await write("in/pg-mig.config.js", `module.exports = { after: async () => ${note("inner")} };`);
    const inside = { cwd: "in", process: "this" } as const;
    expect((await pgMig([], inside)).status).toBe(1);
    expect(await readFile(notes, "utf8")).toBe("");
    await migrations({ "1.a.sh": "SELECT 1;" });
    expect((await pgMig([], inside)).status).toBe(0);
    expect(await readFile(notes, "utf8")).toBe("AFTER outer\nAFTER inner\n");
    expect((await pgMig(["--undo=1.a.sh"], inside)).status).toBe(0);
    expect(await readFile(notes, "utf8")).toBe("AFTER outer\nAFTER inner\n");
  });

  it("calls no `after` at the end of a partial run, which saves no digest either", async () => {
    const { write, migrations, pgMig } = await scenario({ shards: ["sh1", "sh2"] });
    await migrations({ "1.a.sh": "SELECT 1;" });
    await write(
      "pg-mig.config.js",
      "module.exports = { after: () => { throw new Error('called'); } };",
    );
    for (const limit of ["--only=shard=sh1", "--part=1/1"]) {
      expect((await pgMig([limit], { process: "this" })).status).toBe(0);
    }
    expect((await pgMig([], { process: "this" })).stderr).toContain("called");
  });

  it("fails the command where `after` fails, and says that all versions are applied", async () => {
    const { write, migrations, pgMig, ledger } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "" });
    await write(
      "pg-mig.config.js",
      "module.exports = { after: () => { throw new Error('no cache'); } };",
    );
    const { status, stderr } = await pgMig([], { process: "this" });
    expect(status).toBe(1);
    expect(stderr).toContain('The function "after" failed: no cache');
    expect(await ledger("sh1")).toEqual(["1.a.sh"]);
  });
});
