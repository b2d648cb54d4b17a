import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });

const shards = ["sh0001", "sh0002", "sh0003"];

/** What --json says of an item that some shards have in some form. */
interface Form {
  readonly path: string;
  readonly found?: string;
  readonly shards: readonly unknown[];
}

/** Two nodes with three shards each, all at the same version. */
async function prepared() {
  const prepare = await scenario({ shards: [...shards, "unrelated"] });
  await prepare.migrations({
    "1.users.sh":
      "CREATE TABLE users (id int PRIMARY KEY, name text); CREATE INDEX users_name ON users (name);",
  });
  await prepare.pgMig();
  return prepare;
}

describe("pg-mig drift", () => {
  it("says that alike shards are alike", async () => {
    const { pgMig, databases } = await prepared();
    const { status, stdout, stderr } = await pgMig(["drift"]);
    const nodes = databases.map(({ host, port, name }) => `${host}:${port}/${name}`).sort();
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: `Nodes: ${nodes.join("; ")}\n6 shards compared: no differences.\n`,
      stderr: "",
    });
  });

  it("tells once what differs, where, and what was expected", async () => {
    const { pgMig, databases } = await prepared();
    await databases[0]?.query("DROP INDEX sh0001.users_name; DROP INDEX sh0002.users_name");
    const { status, stdout } = await pgMig(["drift"]);
    expect(status).toBe(2);
    expect(
      stdout.replaceAll(/127\.0\.0\.1:\d+/g, "NODE").replace(/^Nodes: .*$/m, "Nodes: …"),
    ).toBe(`\
2 shards of 6 at 1.users.sh differ from the others.
  index users_name missing on NODE:sh0001-0002
    expected: CREATE INDEX users_name ON <shard>.users USING btree (name)

Nodes: …
6 shards compared: some differ.
`);
  });

  it("compares with what the files make, and says if there is nothing to compare", async () => {
    const { pgMig, databases } = await prepared();
    const args = ["drift", "--against=files", `--scratch=${databases[0]?.url}`];
    expect((await pgMig(args)).status).toBe(0);
    for (const database of databases) {
      for (const shard of shards) {
        await database.query(`DROP INDEX ${shard}.users_name`);
      }
    }
    const { status, stdout } = await pgMig(args);
    expect(status).toBe(2);
    expect(stdout).toContain("6 shards of 6 at 1.users.sh differ from what the files make.\n");
    expect((await pgMig(["drift"])).status).toBe(0);
    const empty = await scenario();
    await empty.migrations({ "1.users.sh": "SELECT 1" });
    const nothing = await empty.pgMig(["drift"]);
    expect(nothing.status).toBe(0);
    expect(nothing.stdout).toContain("nothing was compared");
  });

  it("prints one object for programs", async () => {
    const { pgMig, database } = await prepared();
    await database.query("ALTER TABLE sh0003.users ALTER name SET DEFAULT 'x'");
    const { status, stdout } = await pgMig(["drift", "--json"]);
    expect(status).toBe(2);
    const node = expect.stringMatching(/^127\.0\.0\.1:\d+$/);
    expect(JSON.parse(stdout)).toEqual({
      type: "drift",
      outcome: "drift",
      addresses: [expect.any(String), expect.any(String)],
      shards: 6,
      groups: [
        {
          prefix: "sh",
          version: "1.users.sh",
          shards: 6,
          reference: { from: "majority", shards: 5 },
          differences: [
            {
              kind: "column",
              path: "users.name",
              what: "differs",
              expected: "text",
              found: "text DEFAULT 'x'::text",
              shards: [{ node, shard: "sh0003" }],
            },
          ],
        },
      ],
      unread: [],
    });
  });

  it("writes the same object to a file, if it can", async () => {
    const { pgMig, folder } = await prepared();
    const { status, stdout } = await pgMig(["drift", "--json", "--report=drift.json"]);
    expect(status).toBe(0);
    const text = await readFile(join(folder, "drift.json"), "utf8");
    expect(JSON.parse(text)).toEqual(JSON.parse(stdout));
    const refused = await pgMig(["drift", "--report=missing/drift.json"]);
    expect(refused).toMatchObject({ status: 1, stdout: "" });
    expect(refused.stderr).toContain("missing/drift.json");
  });

  it("names whom a shard waits for that it cannot read, and does not know the outcome", async () => {
    const { pgMig, database } = await prepared();
    const client = await database.connect();
    try {
      await client.query("SET application_name TO 'mover'; BEGIN; LOCK TABLE sh0002.users");
      const { status, stdout } = await pgMig(["drift", "--lock-timeout=500ms"]);
      expect(status).toBe(1);
      expect(stdout).toMatch(
        /:sh0002 could not be read: waited 0\.5 s for a lock, blocked by process \d+ postgres \(mover\)/,
      );
      expect(stdout).toContain("5 shards compared, 1 shard not read: the outcome is unknown.");
    } finally {
      await client.end();
    }
  });

  it("shows every form if none is that of most shards", async () => {
    const { pgMig, databases } = await prepared();
    await databases[0]?.query("ALTER TABLE sh0001.users ADD a int; DROP INDEX sh0002.users_name");
    await databases[1]?.query("ALTER TABLE sh0001.users ADD a int");
    const { status, stdout } = await pgMig(["drift"]);
    expect(status).toBe(2);
    expect(stdout).toContain("no shape is that of more than half of them");
    expect(stdout).toMatch(/column users\.a is so on .*:sh0001; .*:sh0001\n {4}found: {4}integer/);
    expect(stdout).toMatch(/column users\.a missing on /);
  });

  it("shows every form of what only some shards have, and says nothing of parts of what a shard lacks", async () => {
    const { pgMig, databases } = await prepared();
    const [first, second] = databases;
    await first?.query("CREATE TABLE sh0001.more(x int, y int)");
    await second?.query("CREATE TABLE sh0001.more(x text, y int)");
    await second?.query("CREATE TABLE sh0002.more(x text, y int)");
    const forms = async (...args: string[]) => {
      const { groups } = JSON.parse((await pgMig(["drift", "--json", ...args])).stdout);
      return groups
        .flatMap(({ differences }: { differences: readonly Form[] }) => differences)
        .map(({ path, found, shards: on }: Form) => [path, found ?? "missing", on.length]);
    };
    const ofTable = [
      ["more", "", 3],
      ["more", "missing", 3],
    ];
    const ofColumn = [
      ["more.x", "text", 2],
      ["more.x", "integer", 1],
    ];
    expect(await forms()).toEqual([...ofColumn, ...ofTable]);
    expect(await forms("--ignore=column:more.x")).toEqual(ofTable);
    await first?.query("CREATE TABLE sh0002.more(x int, y int)");
    const [text] = ofColumn;
    expect(await forms()).toEqual([
      ["more.x", "integer", 2],
      text,
      ["more", "", 4],
      ["more", "missing", 2],
    ]);
  });

  it("compares with a shard, ignores kinds, and counts access if it is told to", async () => {
    const { pgMig, database } = await prepared();
    await database.query(`COMMENT ON TABLE sh0001.users IS 'x'; GRANT SELECT ON sh0002.users TO PUBLIC;
      CREATE FUNCTION sh0003.f(a int, b int) RETURNS int LANGUAGE sql AS 'SELECT 1'`);
    const ignoring = ["drift", "--ignore=comment,function:f(a integer, b integer)"];
    expect((await pgMig(ignoring)).status).toBe(0);
    expect((await pgMig([...ignoring, "--include=access"])).stdout).toMatch(
      /access relation users differs on/,
    );
    const against = await pgMig(["drift", "--against=shard=sh0001", "--only=shard=sh0001"]);
    expect(against).toMatchObject({
      status: 2,
      stdout: expect.stringContaining("comment table users"),
    });
  });

  it.each([
    [["--against=most"], '--against takes "majority", "files" or "shard=NAME", not "most".'],
    [["--against=majorty"], "what to do: Did you mean majority?"],
    [["--include=acess"], "what to do: Did you mean access?"],
    [["--ignore=colum"], "what to do: Did you mean column?"],
    [["--include=rows"], '--include takes "access", not "rows".'],
    [["--ignore=indexes"], '--ignore names no kind of items: "indexes".'],
    [["--against=shard=nobody"], 'There is no shard "nobody" to compare with.'],
  ])("refuses %j", async (args, message) => {
    const { pgMig, migrations } = await scenario({ shards });
    await migrations({ "1.users.sh": "CREATE TABLE users (id int PRIMARY KEY, name text);" });
    const { status, stderr } = await pgMig(["drift", ...args]);
    expect(status).toBe(1);
    expect(stderr).toContain(message);
  });
});
