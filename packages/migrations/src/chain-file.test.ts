import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { renderChainFile, writeChainFile } from "./chain-file.js";
import { codeDigest, shortDigest } from "./code-digest.js";
import { nodeFileSystem } from "./node-file-system.js";
import { parseVersion } from "./version.js";

const disk = (...names: readonly string[]) => names.flatMap((name) => parseVersion(name) ?? []);

describe("renderChainFile", () => {
  it("ends in the short digest and a line per version that names the one before it", () => {
    const versions = disk("1.a.sh", "2.b.public", "3.c.sh");
    const lines = renderChainFile(versions)
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    expect(lines).toEqual([
      shortDigest(codeDigest(versions)),
      "(init) -> 1.a.sh",
      "1.a.sh -> 2.b.public",
      "2.b.public -> 3.c.sh",
    ]);
  });

  it("says in its comment what to do on a conflict", () => {
    expect(renderChainFile([])).toMatch(/^#.*\n(#.*\n)*#.*pg-mig --chain/);
  });

  it("gives the same bytes for the same versions in any order", () => {
    const versions = disk("1.a.sh", "2.b.sh", "10.c.sh", "3.d.public");
    fc.assert(
      fc.property(fc.shuffledSubarray(versions, { minLength: 4 }), (shuffled) => {
        expect(renderChainFile(shuffled)).toBe(renderChainFile(versions));
      }),
    );
  });
});

describe("chain.txt in Git", () => {
  let path: string;
  const git = (...args: readonly string[]) =>
    promisify(execFile)("git", ["-c", "user.name=t", "-c", "user.email=t@localhost", ...args], {
      cwd: path,
      env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" },
    });
  const commit = async (...names: readonly string[]) => {
    for (const name of names) {
      await writeFile(join(path, `${name}.up.sql`), "");
      await writeFile(join(path, `${name}.dn.sql`), "");
    }
    await writeChainFile({ path, versions: disk(...names) }, nodeFileSystem);
    await git("add", ".");
    await git("commit", "-qm", names.join());
  };

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), "chain-"));
    await git("init", "-q", "-b", "main");
    await commit("1.a.sh", "2.b.sh");
  });
  afterEach(() => rm(path, { recursive: true }));

  it("makes two branches that both append a version collide", async () => {
    await git("checkout", "-qb", "theirs");
    await commit("1.a.sh", "2.b.sh", "3.theirs.sh");
    await git("checkout", "-qb", "ours", "main");
    await commit("1.a.sh", "2.b.sh", "4.ours.public");

    await expect(git("merge", "theirs")).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining("CONFLICT (content)"),
    });
    const { stdout } = await git("diff", "--name-only", "--diff-filter=U");
    expect(stdout.trim()).toBe("chain.txt");
    const merged = await readFile(join(path, "chain.txt"), "utf8");
    expect(merged).toContain("2.b.sh -> 3.theirs.sh");
    expect(merged).toContain("2.b.sh -> 4.ours.public");
  });

  it("merges in silence where only one branch appends", async () => {
    await git("checkout", "-qb", "theirs");
    await commit("1.a.sh", "2.b.sh", "3.theirs.sh");
    await git("checkout", "-qb", "ours", "main");
    await writeFile(join(path, "other.txt"), "");
    await git("add", ".");
    await git("commit", "-qm", "other");
    await git("merge", "-q", "--no-edit", "theirs");
    expect(await readFile(join(path, "chain.txt"), "utf8")).toBe(
      renderChainFile(disk("1.a.sh", "2.b.sh", "3.theirs.sh")),
    );
  });
});
