import type { TestDatabase } from "@pg-mig/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Scenario, scenarios } from "./scenario.js";

const { scenario, cluster } = scenarios({ nodes: 2 });

async function prepared(): Promise<Scenario> {
  const made = await scenario({ shards: ["sh1"] });
  await made.migrations({ "1.a.sh": "CREATE TABLE t();" });
  return made;
}

const address = ({ host, port, name }: TestDatabase) => `${host}:${port}/${name}`;

/** What the entries of the list leave out, as the environment gives it. */
function login({ user, password }: TestDatabase) {
  return { PGUSER: user, PGPASSWORD: password, PGHOST: undefined };
}

describe("--hosts", () => {
  it.each([
    ["commas", ","],
    ["semicolons", ";"],
    ["blanks", " "],
  ])("takes host:port/db, separated by %s", async (_, separator) => {
    const { pgMig, databases, database, ledger } = await prepared();
    const list = databases.map(address).join(separator);
    expect((await pgMig([`--hosts=${list}`], { env: login(database) })).status).toBe(0);
    for (const each of databases) {
      expect(await ledger("sh1", each)).toEqual(["1.a.sh"]);
    }
  });

  it("takes URLs with percent-encoded parts, and a list of them in PGHOST", async () => {
    const { pgMig, databases, ledger, database } = await prepared();
    const { node } = cluster();
    await node.query(`CREATE ROLE "odd:name @" LOGIN SUPERUSER PASSWORD 'p/w?#%'`);
    onTestFinished(async () => {
      await database.query('DROP OWNED BY "odd:name @"');
      await node.query('DROP ROLE "odd:name @"');
    });
    const user = `${encodeURIComponent("odd:name @")}:${encodeURIComponent("p/w?#%")}`;
    const url = `postgres://${user}@${address(database)}`;
    const others = databases.slice(1).map((each) => each.url);
    const env = { PGHOST: [url, ...others].join(";") };
    const { status, stderr } = await pgMig([], { env });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(await ledger("sh1")).toEqual(["1.a.sh"]);
  });

  it("fills in what an entry leaves out from --port, --user, --pass and --db", async () => {
    const { pgMig, database, ledger } = await prepared();
    const { port, user, password, name } = database;
    const args = [
      "--hosts=127.0.0.1",
      "--port",
      `${port}`,
      `--user=${user}`,
      `--pass=${password}`,
      `--db=${name}`,
    ];
    expect((await pgMig(args, { env: { PGHOST: undefined } })).status).toBe(0);
    expect(await ledger("sh1")).toEqual(["1.a.sh"]);
  });

  it("takes /db on the default host", async () => {
    const { pgMig, database, ledger } = await prepared();
    const env = { ...login(database), PGPORT: `${database.port}` };
    expect((await pgMig([`--hosts=/${database.name}`], { env })).status).toBe(0);
    expect(await ledger("sh1")).toEqual(["1.a.sh"]);
  });

  it("takes a Unix socket directory", async () => {
    const { pgMig, database, ledger } = await prepared();
    const [node] = cluster().nodes;
    const socket = encodeURIComponent(node?.socketDirectory ?? "");
    const url = `postgres://${socket}:${database.port}/${database.name}`;
    const { status, stderr } = await pgMig([`--hosts=${url}`], { env: login(database) });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(await ledger("sh1")).toEqual(["1.a.sh"]);
  });
});

describe("where a setting comes from", () => {
  it("the command line is stronger than the config file, that than the environment", async () => {
    const { pgMig, write, database } = await prepared();
    const nowhere = (port: number) => `127.0.0.1:${port}/x`;
    await write("pg-mig.config.js", `module.exports = { PGHOST: "${nowhere(2)}" };`);
    const env = { PGHOST: nowhere(1) };
    expect((await pgMig(["--skip-config"], { env })).stderr).toContain("127.0.0.1:1");
    expect((await pgMig([], { env })).stderr).toContain("127.0.0.1:2");
    expect((await pgMig([`--hosts=${nowhere(3)}`], { env })).stderr).toContain("127.0.0.1:3");
    expect((await pgMig([`--hosts=${database.url}`], { env })).status).toBe(0);
  });

  it("says before anything runs what --dry would do, and changes nothing", async () => {
    const { pgMig, column } = await prepared();
    const { status, stdout } = await pgMig(["--dry"]);
    expect(status).toBe(0);
    expect(stdout).toContain("Would apply 2 steps on 2 shards");
    expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
    expect((await pgMig(["--dry=sql"])).stdout).toMatch(
      /BEGIN[\s\S]*CREATE TABLE t\(\);[\s\S]*COMMIT/,
    );
    expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
  });
});
