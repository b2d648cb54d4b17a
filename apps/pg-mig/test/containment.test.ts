import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { startProxy } from "@pg-mig/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { printedEvents } from "./printed-events.js";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });
const shards = ["sh0001", "sh0002", "sh0003"];

const files = {
  "1.refers.sh": "CREATE TABLE t (id int REFERENCES public.ref (id)); CREATE INDEX ON t (id);",
  "2.stays.sh":
    "ALTER TABLE t ADD note text; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
  "3.reaches.sh":
    "INSERT INTO public.ref SELECT coalesce(max(id), 0) + 1 FROM public.ref; SELECT setval('public.numbers', 5);\n" +
    "COMMENT ON FUNCTION public.f() IS 'seen'; SELECT count(*) FROM public.only_read;",
  "4.outside.sh":
    "-- $parallelism_per_host=1\nCOMMIT;\nDROP INDEX IF EXISTS t_note;\n" +
    "CREATE INDEX CONCURRENTLY t_note ON t (note);\nBEGIN;\nUPDATE public.ref SET id = id;",
};

async function prepared() {
  const prepare = await scenario({ shards });
  await prepare.migrations(files);
  for (const database of prepare.databases) {
    await database.query(
      "CREATE TABLE public.ref (id int PRIMARY KEY); CREATE TABLE public.only_read (); CREATE SEQUENCE public.numbers;" +
        "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    );
  }
  return prepare;
}

const told = [
  "1.refers.sh reaches outside of its shard: public.ref (ShareRowExclusiveLock), on 6 shards.",
  "3.reaches.sh reaches outside of its shard: public.ref (RowExclusiveLock), on 6 shards.",
  "3.reaches.sh reaches outside of its shard: public.numbers (RowExclusiveLock), on 6 shards.",
  "3.reaches.sh reaches outside of its shard: function public.f() (ShareUpdateExclusiveLock), on 6 shards.",
  "4.outside.sh reaches outside of its shard: public.ref (RowExclusiveLock), on 6 shards.",
];

describe("--containment", () => {
  it("is off unless somebody asks for it", async () => {
    const { pgMig } = await prepared();
    const { status, stdout, stderr } = await pgMig(["--parallelism=1"]);
    expect(status).toBe(0);
    expect(`${stdout}${stderr}`).not.toContain("reaches outside");
  });

  it("tells once what a version locks outside of its shards, and at the end on how many", async () => {
    const { pgMig, config, folder } = await prepared();
    await config({ containment: "warn" });
    const { status, stdout, stderr } = await pgMig(["--parallelism=1", "--report=report.json"]);
    expect(status).toBe(0);
    for (const sentence of told) {
      expect(stdout.split(sentence)).toHaveLength(2);
    }
    expect(stdout).not.toMatch(/2\.stays\.sh reaches|only_read|public\.t\b|mig_versions_const/);
    const live = stderr.split("\n").filter((line) => line.includes("outside of its shard"));
    expect(live.map((line) => /: (.*?) \(/.exec(line)?.[1]).sort()).toEqual(
      ["public.ref", "public.ref", "public.numbers", "function public.f()", "public.ref"].sort(),
    );
    expect(live[0]).toMatch(/first on 127\.0\.0\.1:\d+:sh0001$/);
    const { warnings } = JSON.parse(await readFile(join(folder, "report.json"), "utf8"));
    expect(warnings.map(({ message }: { message: string }) => message).sort()).toEqual(told.sort());
  });

  it("sends an event for each version and object, with what it is", async () => {
    const { pgMig } = await prepared();
    const run = await pgMig(["--parallelism=1", "--containment", "--json"]);
    const seen = printedEvents(run).filter(({ type }) => type === "step:outside");
    expect(seen).toHaveLength(5);
    expect(seen).toContainEqual({
      ...{ type: "step:outside", node: expect.any(String), shard: "sh0001" },
      ...{ version: "1.refers.sh", object: "public.ref", locks: ["ShareRowExclusiveLock"] },
    });
  });

  it("costs no round trip, and tells of a step that is rolled back nothing", async () => {
    const trips = async (args: readonly string[]) => {
      const { pgMig, databases, migrations } = await prepared();
      await migrations({ "4.outside.sh": "UPDATE public.ref SET id = id; SELECT 1 / 0;" });
      const proxies = await Promise.all(databases.map(startProxy));
      onTestFinished(async () => {
        await Promise.all(proxies.map((proxy) => proxy.stop()));
      });
      const hosts = proxies.map(({ url }) => url).join(",");
      const all = ["--parallelism=1", `--hosts=${hosts}`, ...args];
      // The proxies are in this process.
      const run = await pgMig(all, { process: "own" });
      expect(run.stdout).not.toContain("4.outside.sh reaches");
      return proxies.map(({ roundTrips }) => roundTrips);
    };
    expect(await trips(["--containment"])).toEqual(await trips([]));
  });

  it("names a few objects of a version that goes from shard to shard, and counts the others", async () => {
    const { pgMig, migrations, database } = await scenario({ shards: ["sh0001"] });
    const tables = Array.from({ length: 14 }, (_, i) => `other${i}`);
    for (const table of tables) {
      await database.query(`CREATE SCHEMA ${table}; CREATE TABLE ${table}.t ()`);
    }
    await migrations({
      "1.all.sh": tables.map((table) => `LOCK TABLE ${table}.t IN EXCLUSIVE MODE;`).join("\n"),
    });
    const hosts = `--hosts=${database.url}`;
    const { stdout } = await pgMig(["--containment=warn", hosts]);
    expect(stdout.match(/1\.all\.sh reaches outside of its shard: other\d+\.t/g)).toHaveLength(10);
    expect(stdout).toContain("1.all.sh reaches outside of its shard: further objects, on 1 shard.");
  });

  it("refuses what it does not know", async () => {
    const { pgMig } = await prepared();
    const { status, stderr } = await pgMig(["--containment=fail"]);
    expect(status).toBe(1);
    expect(stderr).toContain('got "fail"');
  });
});
