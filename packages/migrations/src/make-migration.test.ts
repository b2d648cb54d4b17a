import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
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

  it("makes two empty files and chain.txt in an empty directory", async () => {
    const made = await makeMigration(path, { target: "first@sh", now, fs: nodeFileSystem });
    expect(made.files).toEqual([
      join(path, "20260304050607.first.sh.up.sql"),
      join(path, "20260304050607.first.sh.dn.sql"),
    ]);
    for (const file of made.files) {
      expect(await readFile(file, "utf8")).toBe("");
    }
    expect(await readFile(join(path, "chain.txt"), "utf8")).toBe(renderChainFile([made.version]));
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
