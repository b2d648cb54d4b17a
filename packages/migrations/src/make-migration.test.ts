import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseScript } from "@pg-mig/psql-script";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { holdsStatement } from "./holds-statement.js";
import { makeMigration } from "./make-migration.js";
import { nodeFileSystem } from "./node-file-system.js";
import { renderChainFile } from "./render-chain-file.js";

describe("makeMigration", () => {
  const now = new Date("2026-03-04T05:06:07Z");
  let path: string;
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), "make-"));
  });
  afterEach(() => rm(path, { recursive: true }));

  it("makes two files with comments alone, and chain.txt, in an empty directory", async () => {
    const made = await makeMigration(path, { target: "first@sh", now, fs: nodeFileSystem });
    expect(made.files).toEqual([
      join(path, "20260304050607.first.sh.up.sql"),
      join(path, "20260304050607.first.sh.dn.sql"),
    ]);
    for (const file of made.files) {
      const text = await readFile(file, "utf8");
      expect(text).toMatch(/^(--.*\n)+$/);
      expect(holdsStatement(parseScript(text, { file }))).toBe(false);
    }
    expect(await readFile(join(path, "chain.txt"), "utf8")).toBe(renderChainFile([made.version]));
  });

  it("makes the directory, and those above it, if they are missing", async () => {
    const missing = join(path, "db", "mig");
    const made = await makeMigration(missing, { target: "first@sh", now, fs: nodeFileSystem });
    expect((await readdir(missing)).sort()).toEqual([
      "20260304050607.first.sh.dn.sql",
      "20260304050607.first.sh.up.sql",
      "chain.txt",
    ]);
    expect(made.chainFile).toBe(join(missing, "chain.txt"));
  });

  it.each(["createDirectory", "createFile", "replaceFile"] as const)(
    "names the file if the disk refuses %s",
    async (method) => {
      const refuse = () =>
        Promise.reject(Object.assign(new Error("EACCES: no"), { code: "EACCES" }));
      const fs = { ...nodeFileSystem, [method]: refuse };
      await expect(
        makeMigration(join(path, "mig"), { target: "first@sh", now, fs }),
      ).rejects.toMatchObject({
        code: "MIGRATION_FILE_NOT_WRITTEN",
        message: expect.stringMatching(/mig\S* cannot be written \(EACCES\)\.$/),
      });
    },
  );

  it("names chain.txt if it cannot be read", async () => {
    await mkdir(join(path, "chain.txt"));
    const made = makeMigration(path, { target: "first@sh", now, fs: nodeFileSystem });
    await expect(made).rejects.toMatchObject({
      code: "CHAIN_FILE_INVALID",
      message: `The file ${join(path, "chain.txt")} cannot be read (EISDIR).`,
    });
  });

  it("makes no directory for a target that is refused", async () => {
    const missing = join(path, "mig");
    const options = { target: "First", now, fs: nodeFileSystem };
    await expect(makeMigration(missing, options)).rejects.toMatchObject({
      code: "MAKE_TARGET_INVALID",
    });
    expect(await readdir(path)).toEqual([]);
  });

  it("puts a second version of the same second behind the first", async () => {
    const first = await makeMigration(path, { target: "z@sh", now, fs: nodeFileSystem });
    const second = await makeMigration(path, { target: "a@sh", now, fs: nodeFileSystem });
    expect(second.version.name).toBe("20260304050667.a.sh");
    expect(await readFile(second.chainFile, "utf8")).toBe(
      renderChainFile([first.version, second.version]),
    );
  });

  it("overwrites nothing, and leaves no half of a pair behind", async () => {
    // Someone makes the dn file between the reading of the directory and the writing.
    const fs = { ...nodeFileSystem, readDirectory: async () => [] };
    const taken = "20260304050607.first.sh.dn.sql";
    await writeFile(join(path, taken), "SELECT 1;");
    await expect(makeMigration(path, { target: "first@sh", now, fs })).rejects.toMatchObject({
      code: "MIGRATION_FILE_EXISTS",
      where: { file: join(path, taken) },
    });
    expect(await readdir(path)).toEqual([taken]);
    expect(await readFile(join(path, taken), "utf8")).toBe("SELECT 1;");
  });
});
