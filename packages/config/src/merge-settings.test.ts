import { inspect } from "node:util";
import { PgMigError } from "@pg-mig/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type MergeSettingsOptions, mergeSettings } from "./merge-settings.js";
import type { Settings } from "./settings.js";

function merge(options: Partial<MergeSettingsOptions> = {}): Settings {
  const { flags = {}, env = {}, ...rest } = options;
  return mergeSettings({
    flags,
    layers: [],
    env: { PGMIGDIR: "/mig", ...env },
    cwd: "/work",
    os: { user: "ann", home: "/home/ann", uid: 1000 },
    ...rest,
  });
}

function failure(options: Partial<MergeSettingsOptions>): PgMigError {
  try {
    merge(options);
  } catch (error) {
    if (error instanceof PgMigError) {
      return error;
    }
  }
  throw new Error("mergeSettings accepted it");
}

describe("mergeSettings", () => {
  it("takes the command line before the nearest file before the environment before the default", () => {
    const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
    const cases = [
      { name: "port", flag: "port", variable: "PGPORT", value: fc.integer({ min: 1, max: 65535 }) },
      { name: "user", flag: "user", variable: "PGUSER", value: fc.string({ minLength: 1 }) },
      { name: "database", flag: "db", variable: "PGDATABASE", value: fc.string({ minLength: 1 }) },
      {
        name: "password",
        flag: "pass",
        variable: "PGPASSWORD",
        value: fc.string({ minLength: 1 }),
      },
    ] as const;
    const fallback = merge();
    for (const { name, flag, variable, value } of cases) {
      fc.assert(
        fc.property(
          maybe<string | number>(value),
          fc.array(maybe<string | number>(value)),
          maybe<string | number>(value),
          (onLine, inFiles, inEnv) => {
            const layers = inFiles.map((given, index) => ({
              path: `/config${index}`,
              config: { [variable]: given },
            }));
            const settings = merge({
              flags: { [flag]: onLine },
              layers,
              env: { [variable]: inEnv?.toString() },
            });
            const inFile = inFiles.findLast((given) => given !== undefined);
            const expected = onLine ?? inFile ?? inEnv ?? fallback[name];
            expect(settings[name]).toBe(expected);
          },
        ),
      );
    }
  });

  it("refuses a key that is nearly a setting, and names the setting", () => {
    for (const [key, meant] of [
      ["PGUSR", "PGUSER"],
      ["discovry", "discovery"],
      ["lockTimeOut", "lockTimeout"],
      ["pghost", "PGHOST"],
    ] as const) {
      const error = failure({ layers: [{ path: "/c", config: { [key]: "x" } }] });
      expect(error).toMatchObject({ code: "SETTING_UNKNOWN", where: { file: "/c" } });
      expect(error.message).toContain(key);
      expect(error.hint).toContain(meant);
    }
  });

  it("refuses no key that is far from every setting", () => {
    const layers = [{ path: "/c", config: { TENANT: "a", MY_LIMIT: 3, AWS_REGION: "eu" } }];
    expect(merge({ layers }).exported).toEqual({ TENANT: "a", MY_LIMIT: "3", AWS_REGION: "eu" });
  });

  it.each(["", "0", "false", "no", "null", "undefined", "No", undefined])(
    "takes PGCREATEDB=%s for no",
    (PGCREATEDB) => {
      expect(merge({ env: { PGCREATEDB } }).createDatabase).toBe(false);
    },
  );

  it.each(["1", "true", "yes", "on"])("takes PGCREATEDB=%s for yes", (PGCREATEDB) => {
    expect(merge({ env: { PGCREATEDB } }).createDatabase).toBe(true);
  });

  it.each([
    ["createdb", "createDatabase", false],
    ["allowPooler", "allowPooler", false],
    ["force", "force", false],
    ["strict", "strict", false],
    ["shell", "shell", true],
    ["json", "json", false],
    ["debug", "debug", false],
  ] as const)("honours --%s and --no-%s, whatever the default", (flag, name, fallback) => {
    expect(merge()[name]).toBe(fallback);
    expect(merge({ flags: { [flag]: true } })[name]).toBe(true);
    expect(merge({ flags: { [flag]: false } })[name]).toBe(false);
  });

  it.each(["disable", "allow", "prefer", "require", "verify-ca", "verify-full"])(
    "takes PGSSLMODE=%s as it is",
    (PGSSLMODE) => {
      expect(merge({ env: { PGSSLMODE } }).sslMode).toBe(PGSSLMODE);
    },
  );

  it("takes an empty variable for one that is not set", () => {
    const env = { PGHOST: "", PGPORT: "", PGUSER: "", PGDATABASE: "", PGSSLMODE: "" };
    expect(merge({ env })).toEqual(merge());
    expect(merge({ env }).hosts).toEqual(["127.0.0.1"]);
  });

  it("takes null or nothing in a config file for a value that is not set", () => {
    for (const none of [null, undefined, ""]) {
      const layers = [{ path: "/c", config: { PGPORT: none, PGUSER: none } }];
      expect(merge({ layers, env: { PGPORT: "6001" } })).toMatchObject({ port: 6001, user: "ann" });
    }
  });

  it.each(["host=db1 password=hunter2", "postgres://ann:hunter2@db1/app"])(
    "refuses a connection string as the name of a database, and does not show it: %s",
    (db) => {
      for (const options of [{ flags: { db } }, { env: { PGDATABASE: db } }]) {
        const { code, message, hint } = failure(options);
        expect(code).toBe("SETTING_INVALID");
        expect(message + hint).not.toMatch(/hunter2|db1/);
      }
      expect(merge({ flags: { db: "a=b" } }).database).toBe("a=b");
    },
  );

  it.each([
    [undefined, 10_000],
    ["30", 30_000],
    ["1", 2000],
    ["0", Infinity],
    ["-1", Infinity],
    ["9999999999", 2 ** 31 - 1],
  ])("reads PGCONNECT_TIMEOUT as libpq does: %s", (PGCONNECT_TIMEOUT, expected) => {
    expect(merge({ env: { PGCONNECT_TIMEOUT } }).connectTimeoutMs).toBe(expected);
  });

  it("takes PGREQUIRESSL where PGSSLMODE is not set", () => {
    expect(merge({ env: { PGREQUIRESSL: "1" } }).sslMode).toBe("require");
    expect(merge({ env: { PGREQUIRESSL: "0" } }).sslMode).toBe("prefer");
    expect(merge({ env: { PGREQUIRESSL: "01" } }).sslMode).toBe("prefer");
    expect(merge({ env: { PGREQUIRESSL: "10" } }).sslMode).toBe("require");
    expect(merge({ env: { PGREQUIRESSL: "1", PGSSLMODE: "allow" } }).sslMode).toBe("allow");
  });

  it("takes PGHOSTADDR alone for the servers of one node", () => {
    const env = { PGHOSTADDR: "10.0.0.1,10.0.0.2" };
    expect(merge({ env }).hosts).toEqual(["hostaddr='10.0.0.1,10.0.0.2'"]);
    expect(merge({ env: { ...env, PGHOST: "a,b" } }).hosts).toEqual(["a,b"]);
  });

  it("says whether anything names the hosts, or an address of them", () => {
    expect(merge().hostsGiven).toBe(false);
    expect(merge({ env: { PGHOST: "" }, flags: { hosts: [""] } }).hostsGiven).toBe(false);
    expect(merge({ flags: { hosts: ["127.0.0.1"] } }).hostsGiven).toBe(true);
    expect(merge({ env: { PGHOST: "a" } }).hostsGiven).toBe(true);
    expect(merge({ layers: [{ path: "/c", config: { PGHOST: "a" } }] }).hostsGiven).toBe(true);
    expect(merge({ env: { PGHOSTADDR: "10.0.0.1" } }).hostsGiven).toBe(true);
  });

  it("takes --stop-at before the limits of the rollout", () => {
    const layers = [{ path: "/c", config: { rollout: { stopAt: { failed: 3 } } } }];
    expect(merge().stopAt).toBeUndefined();
    expect(merge({ layers: [{ path: "/c", config: { rollout: {} } }] }).stopAt).toBeUndefined();
    expect(merge({ layers }).stopAt).toEqual({ failed: 3 });
    expect(merge({ layers, flags: { stopAt: "1%" } }).stopAt).toEqual({ failedPercent: 1 });
  });

  it("asks for the migration directory if nothing names it", () => {
    for (const PGMIGDIR of [undefined, ""]) {
      expect(failure({ env: { PGMIGDIR } })).toMatchObject({ code: "MIGDIR_MISSING" });
    }
  });

  it("refuses what libpq has and we do not, unless nothing is connected to", () => {
    const env = { PGGSSENCMODE: "require" };
    expect(failure({ env }).code).toBe("SETTING_UNSUPPORTED");
    expect(merge({ env, connects: false }).hosts).toEqual(["127.0.0.1"]);
  });

  it("counts relative paths from the working directory", () => {
    expect(merge({ flags: { migdir: "a/../mig" } }).migdir).toBe("/work/mig");
    expect(merge({ flags: { report: ["out/r.json", "r.HTML"] } }).report).toEqual([
      "/work/out/r.json",
      "/work/r.HTML",
    ]);
    expect(() => merge({ flags: { report: ["r.json", "r.pdf"] } })).toThrow(
      ".json, .html, .md or .xml",
    );
    expect(merge().report).toBeUndefined();
    const flags = { discovery: ["./nodes.js"] };
    expect(merge({ flags }).discovery?.folder).toBe("/work");
  });

  it("looks for certificates where libpq does", () => {
    expect(merge().certificateDirectory).toBe("/home/ann/.postgresql");
  });

  it("prefers a command for the password to a password of the environment, and to no other", () => {
    const passwordCommand = "vault read x";
    const layers = [{ path: "/c", config: { passwordCommand } }];
    expect(merge({ layers, env: { PGPASSWORD: "x" } })).toHaveProperty("password", undefined);
    expect(merge({ layers })).toHaveProperty("password", undefined);
    expect(merge({ layers, flags: { pass: "x" } })).toHaveProperty("password", "x");
    expect(merge({ env: { PGPASSWORD: "x" } })).toHaveProperty("password", "x");
    const both = [{ path: "/c", config: { passwordCommand, PGPASSWORD: "x" } }];
    expect(merge({ layers: both })).toHaveProperty("password", "x");
  });

  it("gives hooks of config files alone", () => {
    const after = () => "ran";
    const layers = [
      { path: "/c", config: {} },
      { path: "/d", config: { after } },
    ];
    expect(merge({ layers }).after.map((hook) => hook())).toEqual(["ran"]);
  });

  it("takes a service for settings, not for a file of the user's", () => {
    const config = { PGUSER: "bob", PGUSR: "x", TENANT: "a", after: () => {} };
    const settings = merge({ layers: [{ path: "/s", config, isService: true }] });
    expect(settings).toMatchObject({ user: "bob", exported: {}, after: [] });
  });

  it("keeps from printing what may hold a secret, and nothing else", () => {
    const settings = merge();
    const hidden = Object.getOwnPropertyNames(settings).filter(
      (name) => !(name in { ...settings }),
    );
    expect(hidden.sort()).toEqual([
      "discovery",
      "exported",
      "hosts",
      "parameters",
      "password",
      "passwordCommand",
      "scratch",
      "startupParameters",
    ]);
  });

  it.each([
    [{ flags: { port: "65536" } }, "--port"],
    [{ flags: { port: "0x10" } }, "--port"],
    [{ flags: { parallelism: "0" } }, "--parallelism"],
    [{ flags: { parallelism: "1.5" } }, "--parallelism"],
    [{ flags: { parallelism: "many" } }, "--parallelism"],
    [{ flags: { lockTimeout: "0" } }, "--lock-timeout"],
    [{ flags: { lockTimeout: "0.0001s" } }, "--lock-timeout"],
    [{ flags: { retryFor: "10 minutes" } }, "--retry-for"],
    [{ flags: { retryFor: "-1" } }, "--retry-for"],
    [{ flags: { lockTimeout: "5" } }, "--lock-timeout"],
    [{ layers: [{ path: "/c", config: { lockTimeout: 250 } }] }, "lockTimeout in /c"],
    [{ flags: { wait: "600h" } }, "--wait"],
    [{ layers: [{ path: "/c", config: { wait: "soon" } }] }, "wait in /c"],
    [{ env: { PGPORT: "-1" } }, "PGPORT"],
    [{ env: { PGSSLMODE: "yes" } }, "PGSSLMODE"],
    [{ env: { PGCONNECT_TIMEOUT: "10s" } }, "PGCONNECT_TIMEOUT"],
    [{ env: { PGCONNECT_TIMEOUT: "1.5" } }, "PGCONNECT_TIMEOUT"],
    [{ layers: [{ path: "/c", config: { PGUSER: {} } }] }, "PGUSER in /c"],
    [{ layers: [{ path: "/c", config: { PGHOST: [] } }] }, "PGHOST in /c"],
    [{ layers: [{ path: "/c", config: { PGHOST: ["a", 5] } }] }, "PGHOST in /c"],
  ])("refuses %j, naming where it was given", (options, source) => {
    const { code, message } = failure(options);
    expect(code).toBe("SETTING_INVALID");
    expect(message).toContain(`Expected ${source.startsWith("PG") ? "" : source}`);
    expect(message).toContain(source);
  });

  it.each([
    ["250ms", 250],
    ["500ms", 500],
    ["2s", 2000],
    ["1.5s", 1500],
    ["10m", 600_000],
    ["1h", 3_600_000],
  ])("reads %j as %i milliseconds", (text, ms) => {
    const flags = { lockTimeout: text, retryFor: text, wait: text };
    expect(merge({ flags })).toMatchObject({ lockTimeoutMs: ms, retryForMs: ms, waitMs: ms });
    const layers = [{ path: "/c", config: flags }];
    expect(merge({ layers })).toMatchObject({ lockTimeoutMs: ms, retryForMs: ms, waitMs: ms });
  });

  it("waits for other runs without an end, for some time, or not at all", () => {
    expect(merge({ flags: { wait: true } }).waitMs).toBe("unlimited");
    const layers = [{ path: "/c", config: { wait: true, allowPooler: true } }];
    expect(merge({ layers })).toMatchObject({ waitMs: "unlimited", allowPooler: true });
    expect(merge({ layers, flags: { wait: "0" } }).waitMs).toBe(0);
    expect(merge({ layers: [{ path: "/c", config: { wait: false } }] }).waitMs).toBe(0);
    expect(merge({ flags: { retryFor: "0" } }).retryForMs).toBe(0);
  });

  it("reads no variable of the environment for what has a key in config files alone", () => {
    expect(merge({ env: { wait: "1h", lockTimeout: "1h" } })).toEqual(merge());
  });

  it("takes discovery from the command line, else from the nearest file", () => {
    const layers = [
      { path: "/a/c.ts", config: { discovery: ["outer"] } },
      { path: "/a/b/c.ts", config: { discovery: "./inner.ts" } },
    ];
    const inner = { entries: ["./inner.ts"], folder: "/a/b" };
    expect(merge({ layers }).discovery).toMatchObject(inner);
    expect(merge({ layers, flags: { discovery: ["x"] } }).discovery).toMatchObject({
      entries: ["x"],
      source: { kind: "flag", name: "--discovery" },
    });
    expect(merge({}).discovery).toBeUndefined();
  });

  it("prefers --hosts over a file's discovery, and that over PGHOST", () => {
    const layers = [{ path: "/a/c.ts", config: { discovery: "x", PGHOST: "db1" } }];
    expect(merge({ layers, flags: { hosts: "db2" } }).discovery).toBeUndefined();
    const both = { hosts: "db2", discovery: ["y"] };
    expect(merge({ layers, flags: both }).discovery?.entries).toEqual(["y"]);
    expect(merge({ layers, env: { PGHOST: "db3" } }).discovery?.entries).toEqual(["x"]);
  });

  it("shows no password when it is printed, nor in an error", () => {
    const config = {
      PGHOST: "postgres://ann:hunter2@db1",
      PGPASSWORD: "hunter2",
      EXTRA: "hunter2",
      discovery: { token: "hunter2" },
    };
    const layers = [{ path: "/c", config }];
    const settings = merge({ layers });
    expect(settings.password).toBe("hunter2");
    expect(inspect(settings) + JSON.stringify(settings)).not.toContain("hunter2");
    const { message } = failure({ layers: [{ path: "/c", config: { PGPASSWORD: 12345 } }] });
    expect(message).not.toContain("12345");
    for (const PGHOST of [["postgres://ann:hunter2@db1", 5], { password: "hunter2" }]) {
      const error = failure({ layers: [{ path: "/c", config: { PGHOST } }] });
      expect(inspect(error)).not.toContain("hunter2");
    }
  });
});
