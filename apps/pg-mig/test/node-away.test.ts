import { describe, expect, it, onTestFinished } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario, cluster } = scenarios({ nodes: 2, servers: "own" });

const shardNames = ["sh1", "sh2", "sh3", "sh4"];
const slowTest = { timeout: 60_000 };

/** The events that `--json` printed. */
function eventsOf(stdout: string) {
  return stdout
    .split("\n")
    .filter((text) => text !== "")
    .map((text) => JSON.parse(text));
}

function secondNode() {
  const node = cluster().nodes[1];
  if (node === undefined) {
    throw new Error("There is no second node.");
  }
  onTestFinished(() => node.start());
  return node;
}

describe("a node that goes down in the middle of a run", slowTest, () => {
  it("is reported at once, waited for as long as --retry-for says, and then given up while others finish", async () => {
    const { migrations, start, column, databases } = await scenario({ shards: shardNames });
    const node = secondNode();
    await migrations({
      "1.a.sh": "CREATE TABLE a(); SELECT pg_sleep(0.5);",
      "2.b.sh": "CREATE TABLE b();",
    });
    const run = start(["--retry-for=3s", "--parallelism=2", "--json"]);
    await run.printed('"step:done"');
    await node.stop("immediate");
    const { status, stdout } = await run.result;
    expect(status).toBe(1);
    const events = eventsOf(stdout);
    const label = `127.0.0.1:${node.port}`;
    const ofNode = events.filter(({ type }) => type.startsWith("node:"));
    // A server that is still going down says so itself, before nobody answers.
    const toldBefore = ofNode.slice(0, -2);
    expect(ofNode[0].leftMs).toBe(3000);
    expect(toldBefore.map(({ error }) => error.code)).not.toContain("NODE_UNREACHABLE");
    expect(ofNode.slice(-2)).toEqual([
      {
        type: "node:away",
        node: label,
        leftMs: expect.any(Number),
        error: expect.objectContaining({ code: "NODE_UNREACHABLE" }),
      },
      {
        type: "node:lost",
        node: label,
        awayMs: expect.any(Number),
        error: expect.objectContaining({ message: expect.stringContaining("accepts connections") }),
      },
    ]);
    const { report } = events.at(-1);
    expect(report.lostNodes).toEqual([{ node: label, error: ofNode.at(-1).error }]);
    expect(report.planned).toBe(16);
    for (const shard of shardNames) {
      expect(await column(`SELECT to_regclass('${shard}.b')::text`, databases[0])).toEqual([
        `${shard}.b`,
      ]);
    }
    const lost = report.abandoned.length + report.inDoubt.length;
    expect(lost).toBeGreaterThan(0);
  });

  it("is said in plain words, with no time left, and said to be back", async () => {
    const { migrations, start } = await scenario({ shards: shardNames });
    const node = secondNode();
    await migrations({
      "1.a.sh": "CREATE TABLE a(); SELECT pg_sleep(0.5);",
      "2.b.sh": "CREATE TABLE b();",
    });
    const run = start(["--parallelism=2"]);
    await run.printed("done 127.0.0.1");
    await node.stop("immediate");
    const label = `127.0.0.1:${node.port}`;
    // How a connection ends that meets the server on its way down depends on the moment.
    await run.printed(`away ${label}: `);
    await node.start();
    const { status, stdout, stderr } = await run.result;
    expect(stderr).toContain("The run waits for it, 1 min 00 s at most.");
    expect(stderr).toMatch(RegExp(`back ${label} after \\d`));
    expect(stdout).toContain("Done: 16 of 16 steps applied");
    expect(status).toBe(0);
  });
});

describe("a limit of connections", slowTest, () => {
  /** Who may have only so many connections; owns the shards and all that is in public. */
  async function limited(limit: number) {
    const given = await scenario();
    for (const database of given.databases) {
      await database.query(`CREATE ROLE few LOGIN PASSWORD 'few' CONNECTION LIMIT ${limit};
        GRANT CREATE ON SCHEMA public TO few; ${shardNames.map((shard) => `CREATE SCHEMA ${shard} AUTHORIZATION few;`).join(" ")}`);
      onTestFinished(async () => {
        await database.query("DROP OWNED BY few; DROP ROLE few");
      });
    }
    const hosts = given.databases.map(({ url }) => {
      const changed = new URL(url);
      changed.username = "few";
      changed.password = "few";
      return changed.href;
    });
    await given.migrations({ "1.a.sh": "CREATE TABLE t(); SELECT pg_sleep(0.2);" });
    return { ...given, hosts: `--hosts=${hosts.join(",")}` };
  }

  it("that no run can do with is named at once, with nothing changed", async () => {
    const { pgMig, hosts, column } = await limited(1);
    const { status, stderr } = await pgMig([hosts]);
    expect(status).toBe(1);
    expect(stderr).toContain('The user "few" of 127.0.0.1');
    expect(stderr).toContain("has a connection limit of 1; a run needs at least 2");
    expect(stderr).toContain('ALTER ROLE "few" CONNECTION LIMIT 11;');
    expect(stderr).not.toContain("Lower --parallelism");
    expect(await column("SELECT to_regproc('public.mig_rerun_fingerprint_const')")).toEqual([null]);
  });

  it("that is less than the parallelism makes fewer shards run at a time, which is said", async () => {
    const { pgMig, hosts } = await limited(2);
    const { status, stdout, stderr } = await pgMig([hosts, "--parallelism=4"]);
    expect(stderr).toMatch(/Fewer shards run at once on 127\.0\.0\.1:\d+ from now on \(one shard/);
    expect(stdout).toContain("Done: 8 of 8 steps applied");
    expect(status).toBe(0);
  });
});
