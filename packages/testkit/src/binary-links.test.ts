import { mkdir, mkdtemp, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { restoreLinks } from "./binary-links.js";

it("makes the links that no install script has made, once", async () => {
  const root = await mkdtemp(join(tmpdir(), "pg-mig-links-"));
  onTestFinished(() => rm(root, { recursive: true }));
  const directory = join(root, "native");
  await mkdir(join(directory, "lib"), { recursive: true });
  await restoreLinks({ directory });
  await writeFile(join(directory, "lib", "liba.so.1.2"), "a");
  const links = ["liba.so", "liba.so.1"].map((name) => ({
    source: "native/lib/liba.so.1.2",
    target: `native/lib/${name}`,
  }));
  await writeFile(join(directory, "pg-symlinks.json"), JSON.stringify(links));
  await Promise.all([1, 2, 3].map(() => restoreLinks({ directory })));
  await restoreLinks({ directory });
  expect(await readlink(join(directory, "lib", "liba.so"))).toBe("liba.so.1.2");
  expect(await readFile(join(directory, "lib", "liba.so.1"), "utf8")).toBe("a");
});

it("says what to allow if it may not make them", async () => {
  const root = await mkdtemp(join(tmpdir(), "pg-mig-links-"));
  onTestFinished(() => rm(root, { recursive: true }));
  const directory = join(root, "native");
  await mkdir(directory);
  const link = { source: "native/lib/a.1", target: "native/nowhere/a" };
  await writeFile(join(directory, "pg-symlinks.json"), JSON.stringify([link]));
  await expect(restoreLinks({ directory })).rejects.toMatchObject({
    code: "POSTGRES_NOT_INSTALLED",
    message: expect.stringContaining(join(root, "native/nowhere/a")),
  });
});
