import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeChainFile } from "./chain-file.js";
import { nodeFileSystem } from "./node-file-system.js";
import { renderChainFile } from "./render-chain-file.js";
import { parseVersion } from "./version.js";

const disk = (...names: readonly string[]) => names.flatMap((name) => parseVersion(name) ?? []);

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

  it("comes out of a conflict right, with the comments that either branch wrote on lines", async () => {
    await git("checkout", "-qb", "theirs");
    await commit("1.a.sh", "2.b.sh", "3.theirs.sh");
    await git("checkout", "-qb", "ours", "main");
    await commit("1.a.sh", "2.b.sh", "4.ours.public");
    await expect(git("merge", "theirs")).rejects.toMatchObject({ code: 1 });
    const versions = disk("1.a.sh", "2.b.sh", "3.theirs.sh", "4.ours.public");
    await writeChainFile({ path, versions }, nodeFileSystem);
    expect(await readFile(join(path, "chain.txt"), "utf8")).toBe(renderChainFile(versions));
  });

  it("is not written at all if nothing is new", async () => {
    const fs = { ...nodeFileSystem, replaceFile: () => Promise.reject(new Error("written")) };
    await writeChainFile({ path, versions: disk("1.a.sh", "2.b.sh") }, fs);
    await expect(
      writeChainFile({ path, versions: disk("1.a.sh", "2.b.sh", "3.c.sh") }, fs),
    ).rejects.toThrow("written");
  });

  it("is refused, and left as it is, if it is not UTF-8", async () => {
    const file = join(path, "chain.txt");
    const before = Buffer.from("# caf\xe9\n", "latin1");
    await writeFile(file, before);
    await expect(
      writeChainFile({ path, versions: disk("1.a.sh") }, nodeFileSystem),
    ).rejects.toMatchObject({
      code: "CHAIN_FILE_INVALID",
      message: `The file ${file} is not UTF-8: byte 6 does not belong there.`,
    });
    expect(await readFile(file)).toEqual(before);
  });
});
