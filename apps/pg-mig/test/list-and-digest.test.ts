import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });

const noNodes = { env: { PGHOST: "127.0.0.1:1" } };

describe("pg-mig --list", () => {
  it("prints all versions on disk, in order", async () => {
    const { migrations, pgMig } = await scenario();
    await migrations({ "2.b.sh": "", "10.c.sh": "", "1.a.public": "" });
    const { status, stdout } = await pgMig(["--list"]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "1.a.public\n10.c.sh\n2.b.sh\n" });
  });

  it("tells of files that were edited after they were applied, and fails for them with --strict", async () => {
    const { migrations, pgMig } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE t();" });
    await pgMig();
    expect((await pgMig(["--list"])).stderr).toBe("");
    await migrations({ "1.a.sh": "CREATE TABLE u();" });
    const { status, stdout, stderr } = await pgMig(["--list"]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "1.a.sh\n" });
    expect(stderr).toContain("1.a.sh was edited after it was applied");
    expect(await pgMig(["--list", "--strict"])).toMatchObject({ status: 1, stdout: "1.a.sh\n" });
  });

  it("prints the list where no node answers, too, and says what could not be checked", async () => {
    const { migrations, pgMig } = await scenario();
    await migrations({ "1.a.sh": "" });
    const { status, stdout, stderr } = await pgMig(["--list"], noNodes);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "1.a.sh\n" });
    expect(stderr).toContain("Whether files were edited could not be checked");
  });
});

describe("pg-mig --list=digest", () => {
  it("prints the code digest alone, and needs no server", async () => {
    const { migrations, pgMig } = await scenario();
    await migrations({ "20240101000000.b.sh": "", "20240102000000.a.sh": "" });
    const names = "20240101000000.b.sh\n20240102000000.a.sh";
    const hash = createHash("sha256").update(names).digest("hex");
    const { status, stdout, stderr } = await pgMig(["--list=digest"], noNodes);
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: `20240102000000.${hash}\n`,
      stderr: "",
    });
  });

  it("is the digest that every node has behind a successful run, and not before", async () => {
    const { migrations, pgMig, column, databases } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE t();", "2.b.sh": "SELECT 1/0;" });
    expect((await pgMig()).status).toBe(1);
    const digests = "SELECT proname FROM pg_proc WHERE proname = 'mig_digest_const'";
    for (const database of databases) {
      expect(await column(digests, database)).toEqual([]);
    }
    await migrations({ "2.b.sh": "SELECT 1;" });
    expect((await pgMig()).status).toBe(0);
    const { stdout } = await pgMig(["--list=digest"]);
    for (const database of databases) {
      expect(await column("SELECT mig_digest_const()", database)).toEqual([stdout.trim()]);
    }
  });
});
