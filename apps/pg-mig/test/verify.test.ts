import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });

/** Six shards. One has a column more than the others. */
async function prepared() {
  const prepare = await scenario({ shards: ["sh0001", "sh0002", "sh0003"] });
  await prepare.migrations({
    "1.users.sh": "CREATE TABLE IF NOT EXISTS users (id int);",
    "1.users.sh.dn.sql": "DROP TABLE users;",
  });
  await prepare.database.query("CREATE TABLE sh0002.users (id int, note text)");
  return prepare;
}

const differs = /At 1\.users\.sh, column users\.note is extra on 127\.0\.0\.1:\d+:sh0002\./;

describe("--verify", () => {
  it("is off unless somebody asks for it", async () => {
    const { pgMig } = await prepared();
    const { status, stdout, stderr } = await pgMig();
    expect(status).toBe(0);
    expect(`${stdout}${stderr}`).not.toContain("users.note");
  });

  it("warns of shards that a run has left different", async () => {
    const { pgMig, column } = await prepared();
    const { status, stdout } = await pgMig(["--verify"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(differs);
    expect(await column("SELECT public.mig_digest_const()")).toEqual([
      expect.stringMatching(/^1\./),
    ]);
    // What it has not touched it does not look at.
    const again = await pgMig(["--verify=fail"]);
    expect(again).toMatchObject({ status: 0, stdout: expect.not.stringMatching(differs) });
  });

  it("fails a run, with all versions there and no digest saved", async () => {
    const { pgMig, config, ledger, column } = await prepared();
    await config({ verify: "fail" });
    const { status, stdout, stderr } = await pgMig();
    expect(status).toBe(1);
    expect(`${stdout}${stderr}`).toMatch(differs);
    expect(`${stdout}${stderr}`).toContain("SHARDS_DIFFER");
    expect(await ledger("sh0002")).toEqual(["1.users.sh"]);
    expect(await column("SELECT to_regprocedure('public.mig_digest_const()') IS NULL")).toEqual([
      true,
    ]);
  });

  it("compares all shards before a digest is saved that a failed comparison kept back", async () => {
    const { pgMig, database, column } = await prepared();
    expect((await pgMig(["--verify=fail"])).status).toBe(1);
    const again = await pgMig(["--verify=fail"]);
    expect(again.status).toBe(1);
    expect(`${again.stdout}${again.stderr}`).toMatch(differs);
    const digest = "SELECT to_regprocedure('public.mig_digest_const()') IS NULL";
    expect(await column(digest)).toEqual([true]);
    await database.query("ALTER TABLE sh0002.users DROP note");
    expect((await pgMig(["--verify=fail"])).status).toBe(0);
    expect(await column(digest)).toEqual([false]);
    await database.query("ALTER TABLE sh0002.users ADD note text");
    expect((await pgMig(["--verify=fail"])).status).toBe(0);
  });

  it("says nothing if all is alike", async () => {
    const { pgMig, database } = await prepared();
    await database.query("ALTER TABLE sh0002.users DROP note");
    const good = await pgMig(["--verify=fail"]);
    expect(good.status).toBe(0);
    expect(good.stdout).not.toContain("At 1.users.sh");
  });

  it("refuses what it does not know", async () => {
    const { pgMig } = await prepared();
    const { status, stderr } = await pgMig(["--verify=fial"]);
    expect(status).toBe(1);
    expect(stderr).toContain('got "fial"');
  });
});
