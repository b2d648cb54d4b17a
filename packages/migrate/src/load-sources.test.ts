import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hosts } from "@pg-mig/cluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadSources } from "./load-sources.js";

let folder: string;

const source = (name: string) => `{ name: "${name}", discover: async () => [] }`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pg-mig-sources-"));
  const installed = join(folder, "node_modules", "@acme", "nodes");
  await mkdir(installed, { recursive: true });
  const files = {
    "default.mjs": `export default ${source("default")}`,
    "named.mjs": `export const source = ${source("named")}`,
    "factory.mjs": `export default async () => (${source("factory")})`,
    "several.mjs": `export default [${source("first")}, ${source("second")}]`,
    "common.cjs": `module.exports = ${source("common")}`,
    "typed.ts": `const name: string = "typed"; export default { name, discover: async () => [] };`,
    "throws.mjs": `throw new Error("vault is sealed")`,
    "nothing.mjs": "export const other = 1",
    "node_modules/@acme/nodes/package.json": JSON.stringify({
      name: "@acme/nodes",
      type: "module",
      exports: { ".": { import: "./index.js" } },
    }),
    "node_modules/@acme/nodes/index.js": `export const source = () => (${source("package")})`,
  };
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, name), text);
  }
});

afterAll(() => rm(folder, { recursive: true }));

async function namesOf(...entries: unknown[]): Promise<string[]> {
  const from = {
    kind: "file",
    path: join(folder, "pg-mig.config.mjs"),
    name: "discovery",
  } as const;
  const sources = await loadSources({
    hosts: ["db1"],
    discovery: { entries, folder, source: from },
  });
  return sources.map(({ name }) => name);
}

describe("loadSources", () => {
  it("takes the host list where no discovery is configured", async () => {
    const [only, ...others] = await loadSources({ hosts: ["db1", "db2"], discovery: undefined });
    expect(only?.name).toBe("hosts");
    expect(others).toEqual([]);
  });

  it("puts sources, files and packages together, in their order", async () => {
    const names = await namesOf(hosts("db1"), "./default.mjs", "@acme/nodes", "./several.mjs");
    expect(names).toEqual(["hosts", "default", "package", "first", "second"]);
  });

  it.each([
    ["named.mjs", "named"],
    ["./factory.mjs", "factory"],
    ["common.cjs", "common"],
    ["typed.ts", "typed"],
  ])("loads the file %s", async (specifier, name) => {
    expect(await namesOf(specifier)).toEqual([name]);
  });

  it.each([
    [
      "a file that is not there",
      "./gone.mjs",
      "DISCOVERY_NOT_LOADED",
      '"./gone.mjs" (discovery in',
    ],
    ["a package that is not there", "@acme/gone", "DISCOVERY_NOT_LOADED", '"@acme/gone"'],
    ["a file that throws", "./throws.mjs", "DISCOVERY_NOT_LOADED", "vault is sealed"],
    ["a file that exports no source", "./nothing.mjs", "DISCOVERY_INVALID", '"./nothing.mjs"'],
    ["an object that is no source", { name: "x" }, "DISCOVERY_INVALID", "Entry 1 of discovery in"],
  ])("refuses %s, and says which", async (_, entry, code, words) => {
    const loading = namesOf(entry);
    await expect(loading).rejects.toMatchObject({ code });
    await expect(loading).rejects.toThrow(words);
  });

  it("refuses to go on without any source", async () => {
    await expect(namesOf()).rejects.toMatchObject({ code: "DISCOVERY_INVALID" });
  });
});
