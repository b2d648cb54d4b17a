import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { quote, scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

/** Two shards with one version, whose file was edited after it was applied. */
async function edited() {
  const prepared = await scenario({ shards: ["sh1", "sh2"] });
  await prepared.migrations({ "1.a.sh": "CREATE TABLE t();" });
  expect((await prepared.pgMig()).status).toBe(0);
  await prepared.migrations({ "1.a.sh": "CREATE TABLE t(id int);" });
  return prepared;
}

const warning = /Edited since they were applied:\n {2}1\.a\.sh +2 shards +127\.0\.0\.1:sh1-2\n/;

describe("a file that was edited after it was applied", () => {
  it("is a warning in the summary of a run, with work and without", async () => {
    const { pgMig, migrations, ledger } = await edited();
    const idle = await pgMig();
    expect(idle.status).toBe(0);
    expect(idle.stdout).toMatch(warning);
    expect(idle.stdout).toContain("Nothing to do.");
    await migrations({ "2.b.sh": "" });
    const { status, stdout } = await pgMig();
    expect(status).toBe(0);
    expect(stdout).toMatch(warning);
    expect(await ledger("sh1")).toEqual(["1.a.sh", "2.b.sh"]);
  });

  it("is a warning of the plan, with work and without", async () => {
    const { pgMig, migrations } = await edited();
    const says = "\nwarning: 1.a.sh was edited after it was applied to 127.0.0.1:sh1-2.\n";
    expect(`\n${(await pgMig(["plan"])).stdout}`).toContain(says);
    await migrations({ "2.b.sh": "SELECT 1;" });
    expect((await pgMig(["--dry"])).stdout).toContain(says);
    expect((await pgMig(["--dry", "--undo=1.a.sh"])).stdout).toContain(says);
  });

  it("is an error with --strict, before anything is changed", async () => {
    const { pgMig, migrations, ledger } = await edited();
    await migrations({ "2.b.sh": "" });
    for (const args of [["--strict"], ["--strict", "--dry"], ["--strict", "--undo=1.a.sh"]]) {
      const { status, stdout, stderr } = await pgMig(args);
      expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
      expect(stderr).toMatch(/^error: Files were edited after they were applied: 1\.a\.sh\.\n/);
      expect(stderr).toContain("what to do: Restore the files");
    }
    expect(await ledger("sh1")).toEqual(["1.a.sh"]);
  });

  it("is none any more once the file is as it was", async () => {
    const { pgMig, migrations } = await edited();
    await migrations({ "1.a.sh": "CREATE TABLE t();" });
    const { status, stdout } = await pgMig(["--strict"]);
    expect(status).toBe(0);
    expect(stdout).not.toContain("Edited");
  });

  it("may be a dn file, before.sql or after.sql: these are not what was applied", async () => {
    const { pgMig, migrations } = await edited();
    await migrations({ "1.a.sh": "CREATE TABLE t();", "1.a.sh.dn.sql": "-- edited" });
    await migrations({ "before.sql": "-- edited" });
    const { status, stdout } = await pgMig(["--strict"]);
    expect(status).toBe(0);
    expect(stdout).not.toContain("Edited");
  });

  it("is none where only a byte order mark, CRLF or line feeds at the end came in", async () => {
    const { pgMig, migrations } = await edited();
    const lines = ["CREATE TABLE u(", "  id int", ");"];
    await migrations({ "1.a.sh": "CREATE TABLE t();", "2.b.sh": `${lines.join("\n")}\n` });
    expect((await pgMig()).status).toBe(0);
    for (const text of [
      lines.join("\n"),
      `${lines.join("\r\n")}\r\n`,
      `\uFEFF${lines.join("\n")}\n\n\n`,
    ]) {
      await migrations({ "2.b.sh": text });
      const { status, stderr } = await pgMig(["--strict"]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    }
    await migrations({ "2.b.sh": lines.join(" \n") });
    expect((await pgMig(["--strict"])).stderr).toContain("after they were applied: 2.b.sh.");
  });

  it("is none where the ledger holds the checksum of the bytes, as earlier releases wrote it", async () => {
    const { pgMig, migrations, database } = await edited();
    const text = "CREATE TABLE t();\r\n";
    await migrations({ "1.a.sh": text });
    const checksum = createHash("sha256").update(text).digest("hex").slice(0, 16);
    const details = JSON.stringify({ applied: [`${checksum} 2026-01-01T00:00:00Z`, null] });
    for (const shard of ["sh1", "sh2"]) {
      await database.query(`SET search_path TO ${shard};
        CREATE OR REPLACE FUNCTION mig_versions_const() RETURNS text LANGUAGE sql
        SET search_path FROM CURRENT AS $$ SELECT '["1.a.sh"]'; /* pg-mig ${details} */ $$`);
    }
    expect((await pgMig(["--strict"])).status).toBe(0);
    await migrations({ "1.a.sh": "CREATE TABLE other();\r\n" });
    expect((await pgMig(["--strict"])).status).toBe(1);
  });

  it("is known no more where the version is undone and applied again", async () => {
    const { pgMig, migrations } = await edited();
    await migrations({ "1.a.sh.dn.sql": "DROP TABLE t;" });
    expect((await pgMig(["--undo=1.a.sh"])).status).toBe(0);
    const { status, stdout } = await pgMig(["--strict"]);
    expect(status).toBe(0);
    expect(stdout).not.toContain("Edited");
  });

  it("is silent on shards where the checksum is missing, such as those of pg-mig 2.x", async () => {
    const { pgMig, migrations, database } = await edited();
    const old = (shard: string) => `SET search_path TO ${quote(shard)};
      CREATE OR REPLACE FUNCTION ${quote(shard)}.mig_versions_const() RETURNS text LANGUAGE sql
      SET search_path FROM CURRENT AS $$ SELECT '["1.a.sh"]'; $$`;
    await database.query(old("sh1"));
    const { stdout } = await pgMig();
    expect(stdout).toMatch(/1\.a\.sh +1 shard +127\.0\.0\.1:sh2\n/);
    await database.query(old("sh2"));
    await migrations({ "2.b.sh": "" });
    const { status, stdout: silent } = await pgMig(["--strict"]);
    expect(status).toBe(0);
    expect(silent).not.toContain("Edited");
    // The versions that come after it are known again.
    await migrations({ "2.b.sh": "-- edited" });
    expect((await pgMig(["--strict"])).stderr).toContain("after they were applied: 2.b.sh.");
  });
});
