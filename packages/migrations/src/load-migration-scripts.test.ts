import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isPgMigError } from "@pg-mig/model";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { decodeUtf8 } from "./decode-utf8.js";
import { loadMigrationScripts } from "./load-migration-scripts.js";
import { readMigrationDirectory } from "./migration-directory.js";
import { nodeFileSystem } from "./node-file-system.js";
import { readChecksums } from "./read-checksums.js";
import { emptyPairs, memoryFiles } from "./testing/memory-files.js";

type Files = Readonly<Record<string, string | Uint8Array>>;

async function load(files: Files, options: Parameters<typeof withoutFs>[0] = {}) {
  const fs = memoryFiles(files);
  return loadMigrationScripts(await readMigrationDirectory("mig", fs), { fs, ...options });
}

function withoutFs(options: Omit<Parameters<typeof loadMigrationScripts>[1], "fs">) {
  return options;
}

async function problemsOf(files: Files) {
  const error = await load(files).then(
    () => expect.fail("the files are accepted"),
    (thrown: unknown) => thrown,
  );
  if (!isPgMigError(error)) {
    throw error;
  }
  expect(error.code).toBe("MIGRATION_FILE_INVALID");
  return error.problems.map(({ message, where }) => {
    const place = [where?.file, where?.line, where?.column].filter((part) => part !== undefined);
    return `${place.join(":")} ${message}`;
  });
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

describe("loadMigrationScripts", () => {
  it("gives the checked files of every version, in order, and the special files", async () => {
    const up = "-- $delay = 7\nCREATE TABLE t (a int);\n";
    const {
      up: ups,
      down: downs,
      before,
      after,
    } = await load({
      ...emptyPairs("1.a.sh", "2.b.sh"),
      "2.b.sh.up.sql": up,
      "before.sql": "SELECT 1;",
    });
    expect([...ups.keys()]).toEqual(["1.a.sh", "2.b.sh"]);
    expect(ups.get("2.b.sh")).toMatchObject({
      version: "2.b.sh",
      direction: "up",
      checksum: sha256(up),
      transaction: "wrapped",
      limits: { delayMs: 7 },
      script: { file: join("mig", "2.b.sh.up.sql"), text: up, plain: true },
    });
    expect(downs.get("1.a.sh")).toMatchObject({ direction: "down", checksum: sha256("\n") });
    expect(before?.script.text).toBe("SELECT 1;");
    expect(after).toBe(undefined);
  });

  it("reads only the files that are asked for", async () => {
    const files = { ...emptyPairs("1.a.sh", "2.b.sh"), "1.a.sh.up.sql": "'", "2.b.sh.dn.sql": "'" };
    const { up, down } = await load(files, { versions: ["2.b.sh"], directions: ["up"] });
    expect([...up.keys()]).toEqual(["2.b.sh"]);
    expect(down.size).toBe(0);
  });

  it("tells all that is wrong with all files at once, by file and line", async () => {
    expect(
      await problemsOf({
        ...emptyPairs("1.a.sh", "2.b.sh", "3.c.sh"),
        "1.a.sh.up.sql": "SELECT 'never closed;",
        "1.a.sh.dn.sql": "SELECT 1;\nPREPARE TRANSACTION 'x';\n-- $dely = 5\n",
        "2.b.sh.up.sql": new Uint8Array([0x22, 0x61, 0xff, 0x22]),
        "3.c.sh.up.sql": "SELECT 1;\0",
        "after.sql": "-- $run_alone = 1\n",
      }),
    ).toEqual([
      `${join("mig", "1.a.sh.dn.sql")}:2:1 PREPARE TRANSACTION in a migration`,
      `${join("mig", "1.a.sh.dn.sql")}:3:1 unknown pseudo comment $dely`,
      expect.stringMatching(/1\.a\.sh\.up\.sql:1:8 this .* is never closed/),
      `${join("mig", "2.b.sh.up.sql")} byte 2 (counted from 0) is not valid UTF-8`,
      expect.stringMatching(/3\.c\.sh\.up\.sql:1:10 .*NUL character/),
      `${join("mig", "after.sql")}:1:1 $run_alone has no meaning here: before.sql and after.sql run once per node`,
    ]);
  });

  it("says which file cannot be read", async () => {
    const files = emptyPairs("1.a.sh");
    const directory = await readMigrationDirectory("mig", memoryFiles(files));
    const { "1.a.sh.up.sql": _, ...rest } = files;
    const fs = memoryFiles(rest);
    for (const reading of [
      loadMigrationScripts(directory, { fs }),
      readChecksums(directory, { fs }),
    ]) {
      await expect(reading).rejects.toMatchObject({
        code: "MIGRATION_FILE_INVALID",
        message: `${join("mig", "1.a.sh.up.sql")}: the file cannot be read (ENOENT)`,
      });
    }
  });
});

describe("loadMigrationScripts, of files that include others", () => {
  async function folder(files: Files): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), "pg-mig-includes-"));
    onTestFinished(() => rm(path, { recursive: true }));
    await mkdir(join(path, "parts"));
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(path, name), text);
    }
    return path;
  }

  it("reads them along, relative to the file that names them", async () => {
    const path = await folder({
      ...emptyPairs("1.a.sh"),
      "1.a.sh.up.sql": "\\ir parts/outer.sql\n",
      "parts/outer.sql": "\\ir inner.sql\n",
      "parts/inner.sql": "SELECT 1;\n",
    });
    const directory = await readMigrationDirectory(path, nodeFileSystem);
    const { up } = await loadMigrationScripts(directory, { fs: nodeFileSystem });
    expect([...(up.get("1.a.sh")?.script.includes.keys() ?? [])].sort()).toEqual([
      join(path, "parts/inner.sql"),
      join(path, "parts/outer.sql"),
    ]);
  });

  it("tells what is wrong with them, and where: in the included file", async () => {
    const path = await folder({
      ...emptyPairs("1.a.sh"),
      "1.a.sh.up.sql": "\\ir parts/bad.sql\n",
      "1.a.sh.dn.sql": "SELECT 1;\n\\ir parts/missing.sql\n",
      "parts/bad.sql": "SELECT 1;\n\\connect other\n",
    });
    const directory = await readMigrationDirectory(path, nodeFileSystem);
    const loading = loadMigrationScripts(directory, { fs: nodeFileSystem });
    await expect(loading).rejects.toMatchObject({
      code: "MIGRATION_FILE_INVALID",
      problems: [
        { where: { file: join(path, "1.a.sh.dn.sql"), line: 2 } },
        { where: { file: join(path, "parts/bad.sql"), line: 2 } },
      ],
    });
  });
});

describe("readChecksums", () => {
  it("gives both checksums of the up files, also of files that would be refused", async () => {
    const fs = memoryFiles({ ...emptyPairs("2.b.sh", "1.a.sh"), "1.a.sh.up.sql": "COMMIT;" });
    const directory = await readMigrationDirectory("mig", fs);
    expect([...(await readChecksums(directory, { fs }))]).toEqual([
      ["1.a.sh", { checksum: sha256("COMMIT;\n"), ofBytes: sha256("COMMIT;") }],
      ["2.b.sh", { checksum: sha256("\n"), ofBytes: sha256("") }],
    ]);
    const versions = ["2.b.sh"];
    expect([...(await readChecksums(directory, { fs, versions })).keys()]).toEqual(versions);
  });
});

describe("decodeUtf8", () => {
  it("gives back any text, byte order mark included", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const bytes = new TextEncoder().encode(`\uFEFF${text}`);
        expect(decodeUtf8(bytes)).toEqual({ text: `\uFEFF${text}` });
      }),
    );
  });

  it.each([
    ["a lone continuation byte", [0x61, 0x80, 0x61], 1],
    ["a byte that no text has", [0x61, 0x61, 0xff], 2],
    ["a character that is cut off by another", [0xe2, 0x82, 0x41], 0],
    ["an end inside of a character", [0x61, 0xe2, 0x82], 1],
    ["a Latin-1 letter", [0x61, 0xe9, 0x20], 1],
    ["a Latin-1 letter after a byte order mark", [0xef, 0xbb, 0xbf, 0x61, 0xe9, 0x20], 4],
  ])("finds where the invalid sequence begins: %s", (_, bytes, invalidAt) => {
    expect(decodeUtf8(new Uint8Array(bytes))).toEqual({ invalidAt });
  });
});
