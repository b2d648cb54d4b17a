import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { inspect } from "node:util";
import { PgMigError } from "@pg-mig/model";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ResolveSettingsOptions, resolveSettings } from "./resolve-settings.js";
import type { Settings } from "./settings.js";

let root: string;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "pg-mig-config-")));
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
}

function resolve(options: Partial<ResolveSettingsOptions> = {}): Promise<Settings> {
  return resolveSettings({
    flags: {},
    env: { PGMIGDIR: "mig" },
    cwd: root,
    action: "apply",
    os: { user: "ann", home: "/home/ann", uid: process.geteuid?.() },
    ...options,
  });
}

async function failure(options: Partial<ResolveSettingsOptions> = {}): Promise<PgMigError> {
  const error: unknown = await resolve(options).then(
    () => undefined,
    (error) => error,
  );
  if (error instanceof PgMigError) {
    return error;
  }
  throw new Error(`expected a PgMigError, got ${inspect(error)}`);
}

describe("resolveSettings", () => {
  it("has a default for everything but the migration directory", async () => {
    expect(await resolve()).toMatchObject({
      migdir: join(root, "mig"),
      hosts: ["127.0.0.1"],
      port: 5432,
      user: "ann",
      password: undefined,
      database: undefined,
      sslMode: "prefer",
      passFile: "/home/ann/.pgpass",
      createDatabase: false,
      parallelism: 10,
      lockTimeoutMs: 2000,
      retryForMs: 600_000,
      waitMs: 0,
      allowPooler: false,
      force: false,
      after: [],
      exported: {},
    });
    expect(await failure({ env: {} })).toMatchObject({ code: "MIGDIR_MISSING" });
  });

  it.each([
    ["pg-mig.config.js", "module.exports = { PGPORT: 6001 };"],
    ["pg-mig.config.js", "module.exports = async () => ({ PGPORT: 6001 });"],
    ["pg-mig.config.js", "export default { PGPORT: 6001 };"],
    ["pg-mig.config.cjs", "exports.default = { PGPORT: 6001 };"],
    ["pg-mig.config.cjs", "exports.default = async () => ({ PGPORT: 6001 });"],
    ["pg-mig.config.cjs", "module.exports = { PGPORT: 6001, default: 'eu' };"],
    ["pg-mig.config.cts", "exports.default = { PGPORT: 6001 as number };"],
    ["pg-mig.config.cjs", "module.exports = { PGPORT: 6001 };"],
    ["pg-mig.config.cjs", "exports.__esModule = true; exports.default = { PGPORT: 6001 };"],
    ["pg-mig.config.mjs", "export default { PGPORT: 6001 };"],
    ["pg-mig.config.mjs", "export default () => ({ PGPORT: 6001 });"],
    ["pg-mig.config.ts", "export default { PGPORT: 6001 as number };"],
    ["pg-mig.config.ts", "const config: object = { PGPORT: 6001 }; module.exports = config;"],
    [
      "pg-mig.config.ts",
      "enum Port { A = 6001 }\nexport default async () => ({ PGPORT: Port.A });",
    ],
    ["pg-mig.config.mts", "export default (() => ({ PGPORT: 6001 })) satisfies () => object;"],
    ["pg-mig.config.cts", "module.exports = { PGPORT: 6001 as number };"],
    ["pg-mig.config.cts", "const config: object = { PGPORT: 6001 };\nexport = config;"],
  ])("reads %s: %s", async (name, text) => {
    await write({ [name]: text });
    expect((await resolve()).port).toBe(6001);
  });

  it("lets a config file import its neighbours", async () => {
    await write({
      "pg-mig.config.ts": 'import { port } from "./port.js";\nexport default { PGPORT: port };',
      "port.ts": "export const port: number = 6002;",
    });
    expect((await resolve()).port).toBe(6002);
  });

  it("calls a config function with the action", async () => {
    await write({ "pg-mig.config.mjs": "export default (action) => ({ PGDATABASE: action });" });
    expect((await resolve({ action: "digest" })).database).toBe("digest");
  });

  it("merges the config files of all parents, the nearest winning key by key", async () => {
    await write({
      "pg-mig.config.cjs":
        "module.exports = { PGHOST: 'outer', PGUSER: 'outer', PGPORT: 6001, OUTER: true, BOTH: 1 };",
      "a/pg-mig.config.mjs": "export default { PGHOST: ['x', 'y:1'], BOTH: 'inner' };",
      "a/b/pg-mig.config.ts": "export default { PGUSER: undefined, PGPORT: undefined };",
    });
    const settings = await resolve({ cwd: join(root, "a", "b") });
    expect(settings).toMatchObject({ hosts: ["x", "y:1"], user: "outer", port: 6001 });
    expect(settings.exported).toEqual({
      PGHOST: "outer",
      PGUSER: "outer",
      PGPORT: "6001",
      OUTER: "true",
      BOTH: "inner",
    });
  });

  it("gives the hooks of the outermost config file first", async () => {
    await write({
      "pg-mig.config.cjs": "module.exports = { after: () => 'outer' };",
      "a/pg-mig.config.cjs": "module.exports = { after: async () => 'inner' };",
    });
    const { after } = await resolve({ cwd: join(root, "a") });
    expect(await Promise.all(after.map((hook) => hook()))).toEqual(["outer", "inner"]);
  });

  it("gives the observers of the outermost config file first", async () => {
    const observers =
      "observers: [{ name: 'inner 1', onEvent() {} }, { name: 'inner 2', onEvent() {} }]";
    await write({
      "pg-mig.config.cjs": "module.exports = { observers: [{ name: 'outer', onEvent() {} }] };",
      "a/pg-mig.config.cjs": `module.exports = { ${observers} };`,
      "a/b/pg-mig.config.cjs": "module.exports = { observers: undefined, after: undefined };",
      "a/b/c/pg-mig.config.cjs": "module.exports = { observers: [] };",
    });
    const settings = await resolve({ cwd: join(root, "a/b/c") });
    expect(settings.observers.map(({ name }) => name)).toEqual(["outer", "inner 1", "inner 2"]);
    expect(settings.after).toEqual([]);
    expect((await resolve({ flags: { skipConfig: true } })).observers).toEqual([]);
  });

  it.each([
    "{ name: 'x', onEvent() {} }",
    "null",
    "'x'",
    "[null]",
    "['x']",
    "[[]]",
    "[{ onEvent() {} }]",
    "[{ name: 5, onEvent() {} }]",
    "[{ name: 'x' }]",
    "[{ name: 'x', onEvent: 'y' }]",
    "[{ name: 'x', onEvent() {} }, 5]",
  ])("refuses observers that are none: %s", async (observers) => {
    await write({ "pg-mig.config.cjs": `module.exports = { observers: ${observers} };` });
    const file = join(root, "pg-mig.config.cjs");
    expect(await failure()).toMatchObject({
      code: "CONFIG_FAILED",
      message: `In the config file ${file}, "observers" must be a list of objects with a name and a function onEvent.`,
      hint: 'Write observers: [{ name: "…", onEvent(event) { … } }].',
      where: { file },
    });
  });

  it.each([
    ["pg-mig.config.cjs", "module.exports = (action) => { if (action !== 'apply') return {}; };"],
    ["pg-mig.config.mjs", "export default async () => {};"],
    ["pg-mig.config.ts", "export default (): null => null;"],
  ])(
    "takes a function that returns nothing for one with nothing to say: %s",
    async (name, text) => {
      await write({ [name]: text });
      expect(await resolve()).toMatchObject({ port: 5432, exported: {} });
    },
  );

  it("runs no config file with --skip-config", async () => {
    await write({ "pg-mig.config.cjs": "throw new Error('it ran');" });
    expect((await resolve({ flags: { skipConfig: true } })).port).toBe(5432);
  });

  it("takes the TypeScript file where the compiled one lies beside it", async () => {
    await write({
      "pg-mig.config.js": "throw new Error('it ran');",
      "pg-mig.config.ts": "export default { PGUSER: 'from-ts' as string };",
    });
    expect((await resolve()).user).toBe("from-ts");
  });

  it.each([
    ["pg-mig.config.ts", "throw new Error('no vault here');", "no vault here"],
    ["pg-mig.config.cjs", "module.exports = () => { throw 'no vault here' };", "no vault here"],
    ["pg-mig.config.mjs", "export default async () => { throw new Error('late') };", "late"],
    ["pg-mig.config.mjs", "import './missing.mjs';", "missing.mjs"],
    ["pg-mig.config.ts", "export default {", "pg-mig.config.ts"],
    ["pg-mig.config.cjs", "module.exports = 5;", "gives 5 (number)"],
    ["pg-mig.config.cjs", "module.exports = () => [];", "gives an array"],
    ["pg-mig.config.cjs", "module.exports = null;", "gives null (object)"],
    ["pg-mig.config.mjs", "export const PGHOST = 'a';", "gives nothing"],
    ["pg-mig.config.ts", "export const PGHOST = 'a';", "gives nothing"],
    ["pg-mig.config.mjs", "export default { after: 'x' };", '"after" must be a function'],
  ])("reports a bad %s: %s", async (name, text, words) => {
    await write({ [name]: text });
    const { code, message, where } = await failure();
    expect(code).toBe("CONFIG_FAILED");
    expect(message).toContain(words);
    expect(message).toContain(join(root, name));
    expect(where).toEqual({ file: join(root, name) });
  });

  it.each([
    ["new Error('no vault here')", "no vault here"],
    ["new Error('See v1.2 of the vault. \\n...\\n')", "See v1.2 of the vault"],
    ["'no vault here.'", "no vault here"],
    ["undefined", "undefined"],
  ])("ends its sentence with one full stop if a config file throws %s", async (thrown, words) => {
    await write({ "pg-mig.config.cjs": `throw ${thrown};` });
    const { message } = await failure();
    expect(message).toBe(`The config file ${join(root, "pg-mig.config.cjs")} failed: ${words}.`);
  });

  it("keeps what a config file threw as the cause", async () => {
    await write({ "pg-mig.config.cjs": "throw new TypeError('no vault here');" });
    expect((await failure()).cause).toMatchObject({ name: "TypeError", message: "no vault here" });
  });

  it.each([
    ["'x'", "x (string)"],
    ["[]", "an array"],
    ["null", "null (object)"],
  ])("says what to write if after is no function: %s", async (after, got) => {
    await write({ "pg-mig.config.mjs": `export default { after: ${after} };` });
    expect(await failure()).toMatchObject({
      message: `In the config file ${join(root, "pg-mig.config.mjs")}, "after" must be a function, but is ${got}.`,
      hint: "Write after: () => { … }.",
    });
  });

  it.each([
    ["undefined", "nothing"],
    ["null", "null (object)"],
    ["true", "true (boolean)"],
    ["[]", "an array"],
    ["'x'", "x (string)"],
  ])("says what a config file gives instead of an object: %s", async (exported, got) => {
    await write({ "pg-mig.config.mjs": `export default ${exported};` });
    const file = join(root, "pg-mig.config.mjs");
    expect((await failure()).message).toBe(
      `The config file ${file} must export an object or a function that returns one, but gives ${got}.`,
    );
  });

  it("takes a folder of the name, and a parent that cannot be looked into, for no config file", async () => {
    await mkdir(join(root, "pg-mig.config.ts"));
    expect((await resolve()).port).toBe(5432);
    expect((await resolve({ cwd: join(root, "x".repeat(300)) })).port).toBe(5432);
  });

  it("runs no config file of a stranger", async () => {
    await write({ "pg-mig.config.cjs": "throw new Error('it ran');", "a/b.sql": "" });
    const uid = (process.geteuid?.() ?? 0) + 1;
    const os = { user: "ann", home: "/home/ann", uid };
    const env = { PGMIGDIR: "mig" };
    // The folder and the file have one owner, so it is the mode that makes the file a stranger's.
    await chmod(join(root, "pg-mig.config.cjs"), 0o666);
    expect((await failure({ os, env, cwd: join(root, "a") })).code).toBe("CONFIG_NOT_TRUSTED");
  });

  describe("with a service", () => {
    const env = { PGMIGDIR: "mig", PGSERVICE: "eu" };
    const read: unknown[] = [];
    const readService: ResolveSettingsOptions["readService"] = async (name, files) => {
      read.push([name, files[0]]);
      return { path: "/s", parameters: { user: "bob" } };
    };

    it("reads it from the account's file, and takes what it says", async () => {
      read.length = 0;
      expect((await resolve({ env, readService })).user).toBe("bob");
      expect(read).toEqual([["eu", { path: "/home/ann/.pg_service.conf", isRequired: false }]]);
    });

    it("does not read it to connect to nothing, or if it cannot", async () => {
      read.length = 0;
      expect((await resolve({ env, readService, connects: false })).user).toBe("ann");
      expect(read).toEqual([]);
      expect((await resolve({ env })).user).toBe("ann");
    });
  });

  it("names the key and the file of a value that does not fit", async () => {
    await write({ "pg-mig.config.cjs": "module.exports = { PGPORT: 5432.5 };" });
    const { code, message } = await failure();
    expect(code).toBe("SETTING_INVALID");
    expect(message).toContain(`PGPORT in ${join(root, "pg-mig.config.cjs")}`);
    expect(message).toContain("5432.5");
  });
});
