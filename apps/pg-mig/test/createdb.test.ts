import { describe, expect, it, onTestFinished } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario, cluster } = scenarios({ nodes: 1, servers: "own" });

async function missing() {
  const made = await scenario();
  await made.migrations({ "1.a.public": "CREATE TABLE t();" });
  const [node] = cluster().nodes;
  if (node === undefined) {
    throw new Error("no node");
  }
  const name = `made "by" ${made.database.name}`;
  onTestFinished(async () => {
    await node.query(`DROP DATABASE IF EXISTS "${name.replaceAll('"', '""')}"`);
  });
  const url = made.database.url.replace(/[^/]+$/, encodeURIComponent(name));
  return { ...made, node, name, url };
}

describe("--createdb", () => {
  it("makes the database where it is missing, says so, and applies", async () => {
    const { pgMig, url, name } = await missing();
    expect((await pgMig([`--hosts=${url}`])).stderr).toContain(`There is no database "${name}"`);
    const { status, stderr } = await pgMig([`--hosts=${url}`, "--createdb"]);
    expect(status).toBe(0);
    expect(stderr).toContain(`The database "${name}" did not exist`);
    const again = await pgMig([`--hosts=${url}`], { env: { PGCREATEDB: "1" } });
    expect(again).toMatchObject({ status: 0, stdout: expect.stringContaining("Nothing to do.") });
  });

  it("waits for a server that is not up yet, and says what it waits for", async () => {
    const { start, url, node } = await missing();
    await node.stop();
    const run = start([`--hosts=${url}`, "--createdb"]);
    await run.printed("No server accepts connections");
    await node.start();
    expect((await run.result).status).toBe(0);
  });

  it("ends the waiting on Ctrl-C", async () => {
    const { start } = await missing();
    const run = start(["--hosts=postgres://u:p@127.0.0.1:1/x", "--createdb"]);
    await run.printed("No server accepts connections at 127.0.0.1:1");
    run.kill("SIGINT");
    expect((await run.result).status).toBe(130);
  });

  it.each(["", "0", "false", "no", "null", "undefined"])("PGCREATEDB=%j means no", async (word) => {
    const { pgMig, url } = await missing();
    const { status, stderr } = await pgMig([`--hosts=${url}`], { env: { PGCREATEDB: word } });
    expect(status).toBe(1);
    expect(stderr).toContain("There is no database");
  });
});
