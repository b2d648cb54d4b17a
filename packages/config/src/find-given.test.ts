import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findGiven, findWritten } from "./find-given.js";
import { configKey, flagName } from "./setting-definition.js";
import { settingDefinitions, settingTable } from "./setting-table.js";

const nowhere = { flags: {}, layers: [], env: {} };

describe("findGiven", () => {
  it("finds nothing where nothing was given", () => {
    for (const definition of Object.values(settingTable)) {
      expect(findGiven(definition, nowhere)).toBeUndefined();
    }
  });

  it("takes the option before the nearest file before the variable, for every setting", () => {
    const value = fc.constantFrom(undefined, "", "a", "b");
    const named = (name: string | undefined, said: unknown) =>
      name === undefined ? {} : { [name]: said };
    fc.assert(
      fc.property(
        fc.constantFrom(...settingDefinitions),
        value,
        fc.array(value, { maxLength: 3 }),
        value,
        ([, definition], onLine, inFiles, inEnv) => {
          const { variable, type } = definition;
          const flag = flagName(definition);
          const key = configKey(definition);
          const layers = inFiles.map((said, index) => ({
            path: `/config${index}`,
            config: named(key, said),
          }));
          const env = variable === undefined ? {} : { [variable]: inEnv };
          const found = findGiven(definition, { flags: named(flag, onLine), layers, env });
          const option =
            flag === undefined || (onLine === "" && type.mayBeEmpty !== true) ? undefined : onLine;
          const file = key === undefined ? undefined : inFiles.findLast((said) => said);
          const inVariable = variable === undefined || inEnv === "" ? undefined : inEnv;
          const [kind, expected] = [
            ["flag", option],
            ["file", file],
            ["env", inVariable],
          ].find(([, said]) => said !== undefined) ?? [undefined, undefined];
          expect([found?.source.kind, found?.value]).toEqual([kind, expected]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("looks at no option for a setting that has none", () => {
    const definition = { ...settingTable.port, option: undefined } as unknown as {
      readonly variable: string;
    } & typeof settingTable.port;
    const places = { ...nowhere, flags: { undefined: "1", port: "1" } };
    expect(findGiven(definition, places)).toBeUndefined();
  });

  it("takes an empty option for none, unless that says something", () => {
    const given = (flags: Readonly<Record<string, unknown>>) => ({
      ...nowhere,
      flags,
      env: { PGPORT: "7", PGHOST: "" },
    });
    expect(findGiven(settingTable.port, given({ port: "" }))?.value).toBe("7");
    expect(findGiven(settingTable.hosts, given({ hosts: ["a", ""] }))?.value).toEqual(["a"]);
    expect(findGiven(settingTable.hosts, given({ hosts: ["", ""] }))).toBeUndefined();
    expect(findGiven(settingTable.hosts, given({ hosts: [] }))?.value).toEqual([]);
    expect(findGiven(settingTable.createDatabase, given({ createdb: false }))?.value).toBe(false);
    expect(findGiven(settingTable.password, given({ pass: "" }))).toEqual({
      value: "",
      source: { kind: "flag", name: "--pass" },
    });
  });
});

describe("findWritten", () => {
  const layers = [
    { path: "/a", config: { PGPORT: 1, own: 1, undefined: 1 } },
    { path: "/a/b", config: { PGPORT: 2, own: null } },
  ];
  const env = { PGPORT: "3", own: "3", undefined: "3" };

  it("takes the nearest file that says something, under the key or else the variable's name", () => {
    expect(findWritten({ variable: "PGPORT" }, { layers, env })).toEqual({
      value: 2,
      source: { kind: "file", path: "/a/b", name: "PGPORT" },
    });
    expect(findWritten({ key: "own", variable: "PGPORT" }, { layers, env })).toEqual({
      value: 1,
      source: { kind: "file", path: "/a", name: "own" },
    });
  });

  it("names what a service says by libpq's keyword, if it has one", () => {
    const config = { PGDATABASE: "app", own: 1 };
    const service = [{ path: "/s", config, isService: true } as const];
    expect(findWritten({ variable: "PGDATABASE" }, { layers: service, env })).toEqual({
      value: "app",
      source: { kind: "file", path: "/s", name: "dbname" },
    });
    expect(findWritten({ key: "own" }, { layers: service, env })).toEqual({
      value: 1,
      source: { kind: "file", path: "/s", name: "own" },
    });
  });

  it("takes the environment if no file says anything, by the variable alone", () => {
    expect(findWritten({ variable: "PGPORT" }, { layers: [], env })).toEqual({
      value: "3",
      source: { kind: "env", name: "PGPORT" },
    });
    expect(findWritten({ key: "own" }, { layers: [], env })).toBeUndefined();
    expect(findWritten({}, { layers, env })).toBeUndefined();
    expect(findWritten({ variable: "PGPORT" }, { layers: [], env: { PGPORT: "" } })).toBe(
      undefined,
    );
  });
});
