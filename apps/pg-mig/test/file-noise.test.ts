import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

describe("a migration directory", () => {
  it("may hold what editors, merges and systems leave there", async () => {
    const { migrations, write, pgMig, ledger } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE t();" });
    const noise = [
      "1.a.sh.up.sql~",
      ".1.a.sh.up.sql.swp",
      "#1.a.sh.up.sql#",
      "1.a.sh.up.sql.orig",
      "1.a.sh.up.sql.rej",
      "1.a.sh.up.sql.bak",
      ".DS_Store",
      "Thumbs.db",
      "README.md",
      "parts/1.a.sh.up.sql",
      "parts.sql/readme",
    ];
    for (const name of noise) {
      await write(`mig/${name}`, "SELECT 1/0;");
    }
    expect(await pgMig()).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("1 of 1 step applied"),
    });
    expect(await ledger("sh1")).toEqual(["1.a.sh"]);
    expect((await pgMig(["--list"])).stdout).toBe("1.a.sh\n");
  });

  it("may be a link and hold links to files, whose includes count from the directory", async () => {
    const { write, folder, pgMig, ledger, column } = await scenario({ shards: ["sh1"] });
    await write("shared/table.sql", "\\ir parts/table.sql\n");
    await write("shared/parts/table.sql", "SELECT 1/0;");
    await write("mig/parts/table.sql", "CREATE TABLE t();");
    await symlink("../shared/table.sql", join(folder, "mig/1.a.sh.up.sql"));
    await write("mig/1.a.sh.dn.sql", "DROP TABLE t;");
    await symlink("mig", join(folder, "link"));
    const { status, stderr } = await pgMig([`--migdir=${join(folder, "link")}`]);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(await ledger("sh1")).toEqual(["1.a.sh"]);
    expect(await column("SELECT to_regclass('sh1.t')::text")).toEqual(["sh1.t"]);
  });

  it("is refused with the name of every .sql file that is none of a version, in any case of letters", async () => {
    const { migrations, pgMig, write, folder, column } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE t();" });
    const strays = [
      "2.b.sh.UP.SQL",
      "3.c.sh.up.SQL",
      "._1.a.sh.up.sql",
      "1.a.sh.up_BACKUP_1.sql",
      " 2.b.sh.up.sql",
    ];
    for (const name of strays) {
      await write(`mig/${name}`, "CREATE TABLE u();");
    }
    // As Emacs marks a file that is being edited: a link to nowhere.
    await symlink("ann@host.1234", join(folder, "mig/.#1.a.sh.up.sql"));
    const { status, stdout, stderr } = await pgMig();
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    for (const name of [...strays, ".#1.a.sh.up.sql"]) {
      expect(stderr).toContain(`mig/${name}: not the name of a migration`);
    }
    expect(stderr).toContain("Did you mean 2.b.sh.up.sql?");
    expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
  });

  it("is refused for a link to nowhere that has the name of a version", async () => {
    const { migrations, pgMig, folder, column } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE t();", "2.b.sh.dn.sql": "" });
    await symlink("nowhere.sql", join(folder, "mig/2.b.sh.up.sql"));
    const { status, stdout, stderr } = await pgMig();
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("mig/2.b.sh.up.sql: the file cannot be read (ENOENT)");
    expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
  });
});
