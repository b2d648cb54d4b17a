import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import pg from "pg";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { supportedMajors } from "./postgres-binaries.js";
import { startNodes } from "./start-nodes.js";

/** Whether there are 4 GiB in memory for servers: Linux, and no small container. */
const roomInMemory = await statfs("/dev/shm").then(
  ({ bavail, bsize }) => bavail * bsize >= 4 * 1024 ** 3,
  () => false,
);

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("startNodes", () => {
  it.each(supportedMajors)("starts nodes of PostgreSQL %i", async (major) => {
    await using cluster = await startNodes({ major, count: 2 });
    const found = await Promise.all(
      cluster.nodes.map((node) =>
        node.query<{ major: number; id: string }>(
          `SELECT current_setting('server_version_num')::int / 10000 AS major,
                  system_identifier AS id FROM pg_control_system()`,
        ),
      ),
    );
    const rows = found.flat();
    expect(rows.map((row) => row.major)).toEqual([major, major]);
    expect(cluster.node.major).toBe(major);
    // Each has an identifier of its own, which is in its log, too: recovery reads it.
    expect(new Set(rows.map((row) => row.id)).size).toBe(2);
    await cluster.node.query("CREATE TABLE kept ()");
    await cluster.node.kill();
    await cluster.node.start();
    await cluster.node.query("TABLE kept");
  });

  it("takes the major version from PG_MIG_TEST_MAJOR where none is asked for", async () => {
    vi.stubEnv("PG_MIG_TEST_MAJOR", "15");
    await using cluster = await startNodes();
    expect(cluster.node.major).toBe(15);
  });

  it.skipIf(!roomInMemory)("keeps the servers in memory if there is room", async () => {
    vi.stubEnv("TMPDIR", undefined);
    await using cluster = await startNodes();
    expect(dirname(cluster.directory)).toBe("/dev/shm");
  });

  it("keeps the servers in TMPDIR if that is set", async () => {
    const place = await mkdtemp(join("/tmp", "own-"));
    onTestFinished(() => rm(place, { recursive: true }));
    await chmod(place, 0o755);
    vi.stubEnv("TMPDIR", place);
    await using cluster = await startNodes();
    expect(dirname(cluster.directory)).toBe(place);
  });

  it("keeps two clusters that start at the same time apart", async () => {
    const [one, two] = await Promise.all([startNodes({ count: 2 }), startNodes({ count: 2 })]);
    try {
      const nodes = [...one.nodes, ...two.nodes];
      expect(new Set(nodes.map((node) => node.port)).size).toBe(4);
      await Promise.all(
        nodes.map((node) => node.query(`CREATE TABLE only_here AS SELECT ${node.port} AS port`)),
      );
      for (const node of nodes) {
        expect(await node.query("SELECT port FROM only_here")).toEqual([{ port: node.port }]);
      }
      await one.stop();
      expect(await two.node.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
    } finally {
      await Promise.all([one.stop(), two.stop()]);
    }
  });

  it("refuses a wrong password, over TCP and over the socket", async () => {
    await using cluster = await startNodes();
    const { host, port, user, database, socketDirectory } = cluster.node;
    for (const place of [host, socketDirectory]) {
      const client = new pg.Client({ host: place, port, user, database, password: "wrong" });
      await expect(client.connect()).rejects.toMatchObject({ code: "28P01" });
    }
  });

  it("accepts connections over the socket", async () => {
    await using cluster = await startNodes();
    const { port, user, database, password, socketDirectory: host } = cluster.node;
    const client = new pg.Client({ host, port, user, database, password });
    await client.connect();
    const { rows } = await client.query("SELECT inet_server_addr() AS address");
    await client.end();
    expect(rows).toEqual([{ address: null }]);
  });

  it("gives the servers the settings that are asked for", async () => {
    await using cluster = await startNodes({ settings: { max_connections: "17" } });
    expect(await cluster.node.query("SHOW max_connections")).toEqual([{ max_connections: "17" }]);
  });

  it("removes everything when it stops, the template too where it is not shared", async () => {
    const cluster = await startNodes({ cache: "none" });
    const { directory } = cluster;
    expect(existsSync(`${directory}/cache`)).toBe(true);
    await cluster.stop();
    expect(existsSync(directory)).toBe(false);
    expect(cluster.node.running).toBe(false);
  });

  it("may be stopped twice", async () => {
    const cluster = await startNodes();
    await Promise.all([cluster.stop(), cluster.stop()]);
    await expect(cluster.stop()).resolves.toBeUndefined();
  });

  it("tells the server's words when a server does not start", async () => {
    await expect(startNodes({ settings: { shared_buffers: "-1" } })).rejects.toMatchObject({
      code: "NODE_DID_NOT_START",
      message: expect.stringContaining('outside the valid range for parameter "shared_buffers"'),
    });
  });

  it("says how to install a major version that is not there", async () => {
    await expect(startNodes({ major: 13 })).rejects.toMatchObject({
      code: "POSTGRES_NOT_INSTALLED",
      hint: "Choose one of the major versions 14, 15, 16, 17, 18.",
    });
  });
});
