import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { judgeLines } from "./output-judge.js";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });

/** One line of `--json`. */
interface Parsed {
  readonly type: string;
  readonly [field: string]: unknown;
}

const root = join(import.meta.dirname, "../../..");

/** The fields of each type, as docs/formats.md lists them. */
const documented = new Map(
  [
    ...readFileSync(join(root, "docs/formats.md"), "utf8").matchAll(
      /^\| `([\w:-]+)` \| ([^|]*) \|.*\|$/gm,
    ),
  ].map(([, type = "", fields = ""]) => [
    type,
    [...fields.matchAll(/`(\w+)\??`/g)].map(([, field]) => String(field)),
  ]),
);

/** Parses every line: none is empty, each is an object with a type, whose fields are documented. */
function parseLines(stdout: string): Parsed[] {
  expect(stdout.endsWith("\n")).toBe(true);
  return stdout
    .slice(0, -1)
    .split("\n")
    .map((line) => {
      const parsed: Parsed = JSON.parse(line);
      const { type, ...fields } = parsed;
      expect([...documented.keys()]).toContain(type);
      expect(documented.get(type)).toEqual(expect.arrayContaining(Object.keys(fields)));
      return parsed;
    });
}

async function prepared() {
  const prepare = await scenario({ shards: ["sh1", "sh2"] });
  await prepare.migrations({
    "before.sql": "",
    "1.a.sh": "CREATE TABLE t();\n\\echo said\nDO $$ BEGIN RAISE WARNING 'mind'; END $$;",
    "1.a.sh.dn.sql": "DROP TABLE t;",
    "2.b.sh": "CREATE TABLE u();",
  });
  return {
    ...prepare,
    async json(...args: string[]) {
      const { status, stdout, stderr } = await prepare.pgMig(["--json", ...args]);
      return { status, stderr, lines: parseLines(stdout) };
    },
  };
}

const count = (lines: readonly Parsed[], type: string) =>
  lines.filter((line) => line.type === type).length;

describe("--json", () => {
  it("prints the events of a run, from run:start to run:done with the report", async () => {
    const { json } = await prepared();
    const { status, lines, stderr } = await json();
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(lines[0]).toMatchObject({ type: "run:start", action: "apply", chains: 4, steps: 8 });
    expect(lines.at(-1)).toMatchObject({
      type: "run:done",
      report: { action: "apply", outcome: "done", planned: 8, done: 8, failed: [] },
    });
    expect(count(lines, "hook:done")).toBe(2);
    expect(count(lines, "step:start")).toBe(8);
    expect(count(lines, "step:done")).toBe(8);
    const shard = { node: expect.any(String), shard: "sh1", version: "1.a.sh" };
    const file = expect.stringContaining("1.a.sh.up.sql");
    expect(lines).toContainEqual({ type: "output", ...shard, file, line: "said" });
    expect(lines).toContainEqual({ type: "warning", ...shard, message: "mind" });
    expect(lines).toContainEqual({ type: "step:done", ...shard, durationMs: expect.any(Number) });
  });

  it("says that there is nothing to do in the same two events", async () => {
    const { json } = await prepared();
    await json();
    const { status, lines } = await json();
    expect(status).toBe(0);
    expect(lines.map(({ type }) => type)).toEqual(["run:start", "run:done"]);
    expect(lines[1]).toMatchObject({ report: { outcome: "nothing-to-do", planned: 0 } });
  });

  it("gives failures as data: place, SQLSTATE, the server's words, what was not attempted", async () => {
    const { json, migrations } = await prepared();
    await migrations({ "1.a.sh": "CREATE TABLE t();\n  SELECT 1/0;" });
    const { status, lines } = await json();
    expect(status).toBe(1);
    expect(lines.find(({ type }) => type === "step:failed")).toMatchObject({
      version: "1.a.sh",
      notAttempted: ["2.b.sh"],
      error: {
        code: "SCRIPT_FAILED",
        where: { file: "mig/1.a.sh.up.sql", line: 2, column: expect.any(Number) },
        server: { sqlState: "22012", message: "division by zero" },
      },
    });
    expect(lines.at(-1)).toMatchObject({
      type: "run:done",
      report: { outcome: "failed", planned: 8, done: 0, notAttempted: 4 },
    });
  });

  it("goes with an undo", async () => {
    const { json } = await prepared();
    await json();
    const { status, lines } = await json("--undo=2.b.sh");
    expect(status).toBe(0);
    expect(lines[0]).toMatchObject({ type: "run:start", action: "undo", steps: 4 });
    expect(lines.at(-1)).toMatchObject({ report: { action: "undo", outcome: "done", done: 4 } });
  });

  it("goes with --dry and --dry=sql, which change nothing", async () => {
    const { json, column } = await prepared();
    const { status, lines } = await json("--dry");
    expect(status).toBe(0);
    expect(lines).toEqual([
      {
        type: "plan",
        action: "apply",
        nodes: [expect.any(String), expect.any(String)],
        addresses: [expect.any(String), expect.any(String)],
        hooks: ["before.sql"],
        edited: [],
        emptyFiles: [],
        unusualFiles: [],
        unmatchedPrefixes: [],
        chains: Array.from({ length: 4 }, (_, i) => ({
          node: expect.any(String),
          shard: i % 2 === 0 ? "sh1" : "sh2",
          pending: ["1.a.sh", "2.b.sh"],
        })),
      },
    ]);
    const [withSql] = (await json("--dry=sql")).lines;
    expect(withSql).toMatchObject({
      type: "plan",
      sql: [
        { version: "1.a.sh", otherShards: 3, fileAsItStands: true },
        { version: "2.b.sh", otherShards: 3, fileAsItStands: false },
      ],
    });
    expect(JSON.stringify(withSql)).toContain("CREATE TABLE u()");
    expect(await column("SELECT proname FROM pg_proc WHERE proname LIKE 'mig_%'")).toEqual([]);
  });

  it("goes with --list and --list=digest", async () => {
    const { json, pgMig } = await prepared();
    expect((await json("--list")).lines).toEqual([
      { type: "version", version: "1.a.sh" },
      { type: "version", version: "2.b.sh" },
    ]);
    const digest = (await pgMig(["--list=digest"])).stdout.trim();
    expect((await json("--list=digest")).lines).toEqual([{ type: "digest", digest }]);
  });

  it("goes with make and chain", async () => {
    const { json } = await prepared();
    const files = (await json("make", "more@sh")).lines;
    expect(files).toEqual([
      { type: "file", file: expect.stringMatching(/\.more\.sh\.up\.sql$/) },
      { type: "file", file: expect.stringMatching(/\.more\.sh\.dn\.sql$/) },
      { type: "file", file: expect.stringMatching(/chain\.txt$/) },
    ]);
    expect((await json("chain")).lines).toEqual(files.slice(2));
  });

  it("goes with drift", async () => {
    const { json } = await prepared();
    const { status, lines } = await json("drift");
    expect({ status, lines }).toMatchObject({ status: 0, lines: [{ type: "drift" }] });
  });

  it("goes with status", async () => {
    const { json } = await prepared();
    const { lines } = await json("status");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      type: "status",
      nodes: [expect.anything(), expect.anything()],
    });
  });
});

it("is held against the schema that the package ships, in every test", () => {
  const fits = { type: "file", file: "a" };
  judgeLines(`${JSON.stringify(fits)}\n`);
  for (const wrong of [
    { type: "file" },
    { ...fits, more: 1 },
    { ...fits, file: 1 },
    { type: "x" },
  ]) {
    expect(() => judgeLines(`${JSON.stringify(wrong)}\n`)).toThrow("output.schema.json");
  }
});

it("prints no event that docs/formats.md does not list", () => {
  const source = readFileSync(join(root, "packages/report/src/run-event.ts"), "utf8");
  const types = [...source.matchAll(/readonly type: "([\w:-]+)"/g)].map(([, type]) => type);
  expect(types.length).toBeGreaterThan(15);
  expect([...documented.keys()]).toEqual(expect.arrayContaining(types));
});

it("prints what is wrong with the command line as an object, too", async () => {
  const { pgMig } = await scenario();
  const { status, stdout } = await pgMig(["--json", "stauts"]);
  expect(status).toBe(1);
  expect(parseLines(stdout)[0]).toMatchObject({
    type: "error",
    code: "COMMAND_LINE_INVALID",
    page: expect.stringMatching(/error-codes\.md#command_line_invalid$/),
    hint: "Did you mean status?",
  });
});

it("prints what is refused before it starts as an object, too", async () => {
  const { pgMig, migrations } = await scenario();
  await migrations({ "1.a.sh": "", "foo.sql": "" });
  const { status, stdout } = await pgMig(["--json"]);
  expect(status).toBe(1);
  expect(parseLines(stdout)[0]).toMatchObject({
    type: "error",
    code: "MIGRATION_DIRECTORY_INVALID",
    problems: [{ where: { file: expect.stringContaining("foo.sql") } }],
  });
});
