import { spawnSync } from "node:child_process";
import {
  chmod,
  chown,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });
const fromHere = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** A copy of the command, and where it keeps compiled code. */
async function copiedCommand() {
  const { folder } = await scenario({ shards: [] });
  const [copy, caches] = [join(folder, "copy"), join(folder, "caches")];
  await mkdir(copy);
  await cp(fromHere("../bin"), join(copy, "bin"), { recursive: true });
  await cp(fromHere("../package.json"), join(copy, "package.json"));
  const kept = join(caches, "pg-mig");
  return {
    caches,
    kept,
    write: (name: string, text: string) => writeFile(join(copy, name), text),
    bin: (name: string) => join(copy, "bin", name),
    async keptFile(): Promise<string> {
      const [name = "none", ...others] = await readdir(kept);
      expect(others).toEqual([]);
      return join(kept, name);
    },
    /** What it prints. Nothing about the cache, whatever is wrong there. */
    run(args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
      const ended = spawnSync(process.execPath, [join(copy, "bin/pg-mig.cjs"), ...args], {
        encoding: "utf8",
        cwd: copy,
        env: { ...process.env, XDG_CACHE_HOME: caches, NODE_DISABLE_COMPILE_CACHE: "", ...env },
      });
      expect(ended.stderr).toBe("");
      expect(ended.status).toBe(0);
      return ended.stdout;
    },
  };
}

/** Each time it is written, it is another file. */
async function inode(file: string): Promise<number> {
  return (await stat(file)).ino;
}

describe("compiled code of the command", () => {
  it("is kept for this user alone, and written again if a command needs more than is there", async () => {
    const { run, kept, keptFile } = await copiedCommand();
    const version = run(["--version"]);
    expect((await stat(kept)).mode & 0o777).toBe(0o700);
    const file = await keptFile();
    expect(file).toContain(version.trim());
    expect(file).toContain(process.version);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const first = await inode(file);
    expect(run(["--version"])).toBe(version);
    expect(await inode(file)).toBe(first);
    const help = run(["--help"]);
    const second = await inode(file);
    expect(second).not.toBe(first);
    expect(run(["--help"])).toBe(help);
    run(["--version"]);
    expect(await inode(file)).toBe(second);
  });

  it.each([
    [
      "pg-mig.config.ts",
      'import { defineConfig } from "pg-mig"; export default defineConfig({ PGMIGDIR: "m" });',
    ],
    ["pg-mig.config.mjs", 'export default { PGMIGDIR: "m" };'],
    ["pg-mig.config.cjs", 'module.exports = { PGMIGDIR: "m" };'],
  ])("reads %s as fresh code does", async (name, config) => {
    const { run, write, bin, keptFile } = await copiedCommand();
    await write(name, config);
    await mkdir(join(bin("."), "../m"));
    const fresh = run(["list"]);
    const before = await inode(await keptFile());
    expect(run(["list"])).toBe(fresh);
    expect(await inode(await keptFile())).toBe(before);
  });

  it("is not used for another text, though it has the same length and time", async () => {
    const { run, bin, keptFile } = await copiedCommand();
    const help = run(["--help"]);
    expect(help).toContain("Usage:");
    const part = bin("command-line.cjs");
    const { atime, mtime } = await stat(part);
    const text = await readFile(part, "utf8");
    await writeFile(part, text.replaceAll("Usage:", "USAGE:"));
    await utimes(part, atime, mtime);
    const before = await inode(await keptFile());
    expect(run(["--help"])).toBe(help.replace("Usage:", "USAGE:"));
    expect(await inode(await keptFile())).not.toBe(before);
  });

  it.each([
    ["others can write to it", (file: string) => chmod(file, 0o602)],
    ["its group can write to it", (file: string) => chmod(file, 0o620)],
    ["it is empty", (file: string) => writeFile(file, "")],
    ["it is cut off", async (file: string) => writeFile(file, (await readFile(file)).subarray(1))],
    ["it is no such file", (file: string) => writeFile(file, "[[1,2]]\n")],
    [
      "its sizes are no sizes",
      (file: string) => writeFile(file, '[["main.cjs",-1,1e13],["start.cjs",1,-1e13]]\n'),
    ],
    [
      "V8 does not know it",
      async (file: string) => {
        const bytes = await readFile(file);
        const [[, textBytes]] = JSON.parse(bytes.toString("utf8", 0, bytes.indexOf("\n")));
        bytes.fill(0, bytes.indexOf("\n") + 1 + textBytes, bytes.indexOf("\n") + 17 + textBytes);
        await writeFile(file, bytes);
      },
    ],
  ])("is made anew if %s", async (_, spoil) => {
    const { run, keptFile } = await copiedCommand();
    const version = run(["--version"]);
    const file = await keptFile();
    await spoil(file);
    const before = await inode(file);
    expect(run(["--version"])).toBe(version);
    const made = await inode(file);
    expect(made).not.toBe(before);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    run(["--version"]);
    expect(await inode(file)).toBe(made);
  });

  it("is made anew if it belongs to somebody else", async (context) => {
    context.skip(process.getuid?.() !== 0, "only root can give a file away");
    const { run, keptFile } = await copiedCommand();
    run(["--version"]);
    const file = await keptFile();
    spawnSync("chown", ["12345", file]);
    expect((await stat(file)).uid).toBe(12345);
    run(["--version"]);
    expect((await stat(file)).uid).toBe(0);
  });

  it("is neither kept nor used in a folder that others can write to, or that a link leads to", async () => {
    const { run, kept, keptFile } = await copiedCommand();
    const version = run(["--version"]);
    const before = await inode(await keptFile());
    await chmod(kept, 0o770);
    expect(run(["--help"])).toContain("Usage:");
    expect(await inode(await keptFile())).toBe(before);
    await chmod(kept, 0o700);
    await rename(kept, `${kept}2`);
    await symlink(`${kept}2`, kept);
    expect(run(["--help"])).toContain("Usage:");
    expect(await inode(await keptFile())).toBe(before);
    await rm(kept);
    await rename(`${kept}2`, kept);
    expect(run(["--version"])).toBe(version);
  });

  it("may be impossible to keep", async () => {
    const { run, caches } = await copiedCommand();
    await writeFile(caches, "a file where a folder should be");
    run(["--version"]);
    expect(await readFile(caches, "utf8")).toBe("a file where a folder should be");
  });

  it("is neither kept nor used if NODE_DISABLE_COMPILE_CACHE says so", async () => {
    const { run, caches, bin, keptFile } = await copiedCommand();
    run(["--version"], { NODE_DISABLE_COMPILE_CACHE: "1" });
    await expect(readdir(caches)).rejects.toThrow("ENOENT");
    run(["--version"]);
    const before = await inode(await keptFile());
    await writeFile(bin("main.cjs"), 'console.log("another")');
    expect(run(["--version"], { NODE_DISABLE_COMPILE_CACHE: "1" })).toBe("another\n");
    expect(await inode(await keptFile())).toBe(before);
  });

  it("is in .cache of the home folder if no variable names a folder", async () => {
    const { run, caches } = await copiedCommand();
    await mkdir(caches);
    run(["--version"], { XDG_CACHE_HOME: "", HOME: caches });
    expect(await readdir(join(caches, ".cache/pg-mig"))).toHaveLength(1);
  });

  it("is not kept in the working folder, if a variable names no absolute path", async () => {
    const { run, caches, bin } = await copiedCommand();
    await mkdir(caches);
    const before = await readdir(bin(".."));
    run(["--version"], { XDG_CACHE_HOME: "relative", HOME: caches });
    expect(await readdir(join(caches, ".cache/pg-mig"))).toHaveLength(1);
    run(["--version"], { XDG_CACHE_HOME: "", HOME: "relative" });
    run(["--version"], { XDG_CACHE_HOME: "", HOME: "" });
    expect(await readdir(bin(".."))).toEqual(before);
  });

  it("is not kept in the home folder of somebody else, where root could write", async (context) => {
    context.skip(process.getuid?.() !== 0, "only root can write there");
    const { run, caches } = await copiedCommand();
    await mkdir(caches);
    await chown(caches, 12345, 12345);
    run(["--version"], { XDG_CACHE_HOME: "", HOME: caches });
    expect(await readdir(caches)).toEqual([]);
  });
});
