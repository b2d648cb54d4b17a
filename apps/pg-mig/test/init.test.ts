import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });

/** A folder with nothing in it, below the scenario's. */
async function emptyFolder() {
  const given = await scenario();
  const folder = join(given.folder, "project");
  await mkdir(folder);
  // The command runs there as its user would, without --migdir.
  const env = { PGMIGDIR: undefined };
  const pgMig = (...args: string[]) => given.pgMig(args, { cwd: "project", env });
  return { ...given, folder, pgMig };
}

describe("pg-mig init", () => {
  it("writes a config, the directory and a first version that makes shards, and says what comes next", async () => {
    const { folder, pgMig, databases, column } = await emptyFolder();
    const made = await pgMig("init");
    expect(made.status, made.stderr).toBe(0);
    const version = /migrations\/(\d{14}\.shards\.public)\.up\.sql/.exec(made.stdout)?.[1];
    expect(made.stdout).toBe(`pg-mig.config.ts
migrations/${version}.up.sql
migrations/${version}.dn.sql
migrations/chain.txt

Write your nodes into pg-mig.config.ts. Then:

  npx pg-mig plan --createdb     # shows what would be done
  npx pg-mig apply --createdb    # does it, and makes the databases that are missing
`);
    expect((await readdir(folder)).sort()).toEqual(["migrations", "pg-mig.config.ts"]);
    // The project has no package pg-mig: the config imports that of the command.
    const config = await readFile(join(folder, "pg-mig.config.ts"), "utf8");
    const urls = databases.map(({ url }) => url);
    await writeFile(
      join(folder, "pg-mig.config.ts"),
      config.replace('["127.0.0.1:5432"]', JSON.stringify(urls)),
    );
    expect((await pgMig("plan")).stdout).toContain("Would apply 2 steps on 2 shards:");
    const applied = await pgMig("apply");
    expect(applied.status, applied.stderr).toBe(0);
    const shards = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'sh%' ORDER BY 1";
    for (const database of databases) {
      expect(await column(shards, database)).toEqual(
        Array.from({ length: 10 }, (_, index) => `sh${String(index + 1).padStart(4, "0")}`),
      );
    }
    const undone = await pgMig("undo", String(version));
    expect(undone.status, undone.stderr).toBe(0);
    expect(await column(shards)).toEqual([]);
  });

  it.each([
    ["a config file of another kind", "pg-mig.config.mjs", "pg-mig.config.mjs"],
    ["a file in the directory", "migrations/before.sql", "migrations"],
  ])("writes nothing if there is %s", async (_, file, named) => {
    const { folder, pgMig, write } = await emptyFolder();
    await write(`project/${file}`, "kept");
    const before = await readdir(folder, { recursive: true });
    const { status, stderr } = await pgMig("init");
    expect(status).toBe(1);
    expect(stderr).toContain(`There is a project already: ${join(folder, named)}.`);
    expect(await readdir(folder, { recursive: true })).toEqual(before);
    expect(await readFile(join(folder, file), "utf8")).toBe("kept");
  });

  it("says so if the directory is a file", async () => {
    const { folder, pgMig, write } = await emptyFolder();
    await write("project/db", "");
    const { status, stderr } = await pgMig("init", "--migdir=db");
    expect(status).toBe(1);
    expect(stderr).toContain(`The migration directory ${join(folder, "db")} is not a directory.`);
  });

  it("takes another directory, and looks at no config file of a parent folder", async () => {
    const { folder, pgMig, write } = await emptyFolder();
    await write("pg-mig.config.mjs", "throw new Error('not mine');");
    const { status, stdout, stderr } = await pgMig("init", "--migdir=db/versions");
    expect(status, stderr).toBe(0);
    expect(stdout).toContain("db/versions/chain.txt\n");
    expect(await readFile(join(folder, "pg-mig.config.ts"), "utf8")).toContain(
      'PGMIGDIR: "db/versions"',
    );
  });
});
