import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isPgMigError } from "@pg-mig/model";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readMigrationDirectory } from "./migration-directory.js";
import { nodeFileSystem } from "./node-file-system.js";
import { emptyPairs, memoryFiles } from "./testing/memory-files.js";

const read = (files: Readonly<Record<string, string>>) =>
  readMigrationDirectory("mig", memoryFiles(files));

async function problemsOf(files: Readonly<Record<string, string>>) {
  const error = await read(files).then(
    () => expect.fail("the directory is accepted"),
    (thrown: unknown) => thrown,
  );
  if (!isPgMigError(error)) {
    throw error;
  }
  expect(error.code).toBe("MIGRATION_DIRECTORY_INVALID");
  return error.problems.map(({ message, hint, where }) => `${where?.file}: ${message} / ${hint}`);
}

describe("readMigrationDirectory", () => {
  it("gives the versions in the order of their names, and the special files by their paths", async () => {
    expect(
      await read({ "before.sql": "", ...emptyPairs("2.b.sh", "10.c.sh", "1.a.public") }),
    ).toEqual({
      path: "mig",
      versions: [
        { name: "1.a.public", timestamp: "1", title: "a", prefix: "public" },
        { name: "10.c.sh", timestamp: "10", title: "c", prefix: "sh" },
        { name: "2.b.sh", timestamp: "2", title: "b", prefix: "sh" },
      ],
      before: join("mig", "before.sql"),
      after: undefined,
    });
  });

  it("ignores folders and files that are no .sql", async () => {
    const { versions } = await read({
      ...emptyPairs("1.a.sh"),
      "includes/": "",
      "folder.sql/": "",
      "chain.txt": "",
      "README.md": "",
      "1.a.sh.up.sql.orig": "",
    });
    expect(versions).toHaveLength(1);
  });

  it("tells every problem of every file at once, sorted by file", async () => {
    expect(
      await problemsOf({
        ...emptyPairs("1.a.sh"),
        "3.c.sh.up.sql": "",
        "2.b.sh.dn.sql": "",
        "4.d.s\\h.up.sql": "",
        "x.sql": "",
      }),
    ).toEqual([
      `${join("mig", "2.b.sh.dn.sql")}: its up file is missing / Add 2.b.sh.up.sql, or delete the dn file.`,
      `${join("mig", "3.c.sh.up.sql")}: its dn file is missing / Add 3.c.sh.dn.sql: what undoes the version (SELECT 1; if there is nothing to undo).`,
      `${join("mig", "4.d.s\\h.up.sql")}: not the name of a migration: a title and a prefix hold no backslash and no " / Name it <digits>.<title>.<prefix>.up.sql or .dn.sql, or move it to a sub-folder, where included files live.`,
      `${join("mig", "x.sql")}: not the name of a migration: it does not start with the digits of a timestamp / Name it <digits>.<title>.<prefix>.up.sql or .dn.sql, or move it to a sub-folder, where included files live.`,
    ]);
  });

  it.each([
    ["1.a.sh.down.sql", "1.a.sh.dn.sql"],
    ["1.a.sh.UP.sql", "1.a.sh.up.sql"],
    ["1.a.sh.up.SQL", "1.a.sh.up.sql"],
    ["1.a.sh.sql", "1.a.sh.up.sql"],
    ["1.a.b.sh.up.sql", "1.a-b.sh.up.sql"],
    ["befor.sql", "before.sql"],
    ["After.sql", "after.sql"],
  ])("asks of the stray %s whether %s was meant", async (stray, meant) => {
    const problems = await problemsOf({ [stray]: "" });
    expect(problems[0]).toContain(`/ Did you mean ${meant}?`);
  });

  it.each([
    "1.a.sh.up_backup_1.sql",
    "1.a.sh.up.bak.sql",
    "1.a.sh.up.old.sql",
    "1.a.up-old.sql",
    "1.a.sh.up.dn.sql",
    "1.a.b.sh.sql",
  ])("guesses nothing for the stray %s", async (stray) => {
    const [problem] = await problemsOf({ [stray]: "" });
    expect(problem).not.toContain("Did you mean");
    expect(problem).toContain("/ Name it <digits>.<title>.<prefix>.up.sql or .dn.sql, or move it");
  });

  it.each([
    ["20260101000000.a.sh.up (1).sql", "20260101000000.a.sh.up.sql"],
    ["1.a.sh.dn(2).sql", "1.a.sh.dn.sql"],
    ["1.a.sh.up copy.sql", "1.a.sh.up.sql"],
    ["1.a.sh.up copy 2.sql", "1.a.sh.up.sql"],
    ["1.a.sh.up - Copy.sql", "1.a.sh.up.sql"],
    ["1.a.sh.up - Copy (3).sql", "1.a.sh.up.sql"],
    ["1.a.sh.up 2.sql", "1.a.sh.up.sql"],
    ["Copy of 1.a.sh.up.sql", "1.a.sh.up.sql"],
    ["before (1).sql", "before.sql"],
  ])("takes %s for a copy of %s, to be deleted", async (stray, original) => {
    expect((await problemsOf({ [stray]: "" }))[0]).toBe(
      `${join("mig", stray)}: looks like a copy of ${original} / Delete it.`,
    );
  });

  it("puts message, hint and place of the first problem, and the number of the others, on the error", async () => {
    await expect(read({ "1.a.sh.up.sql": "", "x.sql": "", "y.sql": "" })).rejects.toMatchObject({
      message: `${join("mig", "1.a.sh.up.sql")}: its dn file is missing (and 2 more problems)`,
      where: { file: join("mig", "1.a.sh.up.sql") },
    });
  });

  it("refuses a directory without versions, unless that is allowed", async () => {
    const fs = memoryFiles({ "before.sql": "" });
    await expect(readMigrationDirectory("mig", fs)).rejects.toMatchObject({
      code: "MIGRATION_DIRECTORY_EMPTY",
    });
    expect((await readMigrationDirectory("mig", fs, { empty: "allow" })).versions).toEqual([]);
  });
});

describe("readMigrationDirectory, on a disk", () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "migrations-"));
  });
  afterAll(() => rm(root, { recursive: true }));

  it("says that the directory does not exist", async () => {
    const path = join(root, "nowhere");
    await expect(readMigrationDirectory(path, nodeFileSystem)).rejects.toMatchObject({
      code: "MIGRATION_DIRECTORY_MISSING",
      message: `The migration directory ${path} does not exist.`,
    });
  });

  it("says that a file is not a directory", async () => {
    const path = join(root, "file");
    await writeFile(path, "");
    await expect(readMigrationDirectory(path, nodeFileSystem)).rejects.toMatchObject({
      code: "MIGRATION_DIRECTORY_NOT_A_DIRECTORY",
    });
  });

  it.skipIf(process.getuid?.() === 0)("says that it may not read the directory", async () => {
    const path = join(root, "locked");
    await mkdir(path);
    await chmod(path, 0);
    await expect(readMigrationDirectory(path, nodeFileSystem)).rejects.toMatchObject({
      code: "MIGRATION_DIRECTORY_UNREADABLE",
    });
  });

  it("follows links, and takes one that leads nowhere for a file", async () => {
    const path = join(root, "links");
    await mkdir(join(path, "real.sql"), { recursive: true });
    await symlink(join(path, "real.sql"), join(path, "folder.sql"));
    await symlink("gone", join(path, "1.a.sh.up.sql"));
    await symlink("gone", join(path, "1.a.sh.dn.sql"));
    expect((await readMigrationDirectory(path, nodeFileSystem)).versions).toHaveLength(1);
  });
});
