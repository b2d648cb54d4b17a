import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findPassword, readPassword } from "./pass-file.js";

const wanted = { host: "db1", port: 5432, database: "app", user: "ann" };

describe("findPassword", () => {
  it.each([
    ["db1:5432:app:ann:secret", "secret"],
    ["*:*:*:*:secret", "secret"],
    ["db2:*:*:*:no\ndb1:*:*:*:first\ndb1:*:*:*:second", "first"],
    ["# a comment\r\n*:*:*:ann:secret\r\n", "secret"],
    ["*:*:*:ann:a\\:b\\\\c", "a:b\\c"],
    ["*:*:*:ann:", ""],
    ["*:*:*:bob:secret", undefined],
    ["*:*:ann:secret", undefined],
    ["#*:*:*:*:secret", undefined],
    ["", undefined],
  ])("finds in %j: %j", (text, password) => {
    expect(findPassword(text, wanted)).toBe(password);
  });

  it("takes a Unix socket for localhost", () => {
    const socket = { ...wanted, host: "/run/postgresql" };
    expect(findPassword("localhost:*:*:*:secret", socket)).toBe("secret");
  });

  it("finds every password whose colons and backslashes are escaped", () => {
    const text = fc.string({ minLength: 1 }).filter((value) => !value.startsWith("#"));
    const escaped = (value: string) => value.replace(/[:\\]/g, "\\$&");
    fc.assert(
      fc.property(text, text, text, text, (host, database, user, password) => {
        const line = [host, "5432", database, user, password].map(escaped).join(":");
        expect(findPassword(line, { host, port: 5432, database, user })).toBe(password);
      }),
    );
  });
});

describe("readPassword", () => {
  it("reads only a file that is there and is its owner's alone", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pg-mig-pass-"));
    try {
      const path = join(folder, "pgpass");
      expect(await readPassword(path, wanted)).toBeUndefined();
      await writeFile(path, "*:*:*:*:secret", { mode: 0o600 });
      expect(await readPassword(path, wanted)).toBe("secret");
      await chmod(path, 0o644);
      expect(await readPassword(path, wanted)).toBeUndefined();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
