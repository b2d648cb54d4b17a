import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
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
    // As in libpq, a backslash that nothing follows stands for itself.
    ["*:*:*:ann:secret\\", "secret\\"],
    ["*:*:*:bob:secret", undefined],
    ["*:*:ann:secret", undefined],
    ["#*:*:*:*:secret", undefined],
    ["", undefined],
  ])("finds in %j: %j", (text, password) => {
    expect(findPassword(text, wanted)).toBe(password);
  });

  it("takes the usual directories of Unix sockets for localhost, and no other", () => {
    const find = (host: string) => findPassword("localhost:*:*:*:secret", { ...wanted, host });
    expect(["/tmp", "/var/run/postgresql"].map(find)).toEqual(["secret", "secret"]);
    expect(find("/home/ann/sockets")).toBeUndefined();
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
  async function read(mode: number) {
    const folder = await mkdtemp(join(tmpdir(), "pg-mig-pass-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, "pgpass");
    await writeFile(path, "*:*:*:*:secret");
    await chmod(path, mode);
    return { path, answer: await readPassword(path, wanted) };
  }

  it.each([0o600, 0o400])("reads a file that is its owner's alone (mode %o)", async (mode) => {
    expect((await read(mode)).answer).toEqual({ password: "secret" });
  });

  it.each([0o640, 0o604, 0o620, 0o610])(
    "does not use a file that others may read or write, and says so (mode %o)",
    async (mode) => {
      const { path, answer } = await read(mode);
      expect(answer).toEqual({
        problem: `The password file ${path} has group or world access; permissions should be u=rw (0600) or less.`,
      });
    },
  );

  it("gives nothing for a file that is not there, and says what is no file", async () => {
    expect(await readPassword("/nowhere/at/all", wanted)).toEqual({});
    expect(await readPassword(tmpdir(), wanted)).toEqual({
      problem: `The password file ${tmpdir()} is not a plain file.`,
    });
  });
});
