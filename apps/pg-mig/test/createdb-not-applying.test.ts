import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

describe("--createdb", () => {
  it.each([
    ["--undo", ["--undo=1.a.public"]],
    ["--dry", ["--dry"]],
    ["status", ["status"]],
  ])("makes no database for %s, which may have been asked of a wrong one", async (_, args) => {
    const { migrations, pgMig, database, column } = await scenario();
    await migrations({ "1.a.public": "CREATE TABLE t();" });
    const name = `no_${database.name}`;
    const url = database.url.replace(/[^/]+$/, name);
    const { status, stderr } = await pgMig([...args, "--createdb", `--hosts=${url}`]);
    expect(status).toBe(1);
    expect(stderr).toContain(`There is no database "${name}"`);
    expect(await column(`SELECT datname FROM pg_database WHERE datname = '${name}'`)).toEqual([]);
  });

  it("says that it waits, for which node, and why; SIGTERM ends that", async () => {
    const { migrations, start } = await scenario();
    await migrations({ "1.a.public": "" });
    const run = start(["--createdb", "--hosts=127.0.0.1:1"]);
    await run.printed("Waiting for 127.0.0.1: No server accepts connections at 127.0.0.1:1.");
    run.kill("SIGTERM");
    expect((await run.result).status).toBe(143);
  });
});
