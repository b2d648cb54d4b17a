import { describe, expect, it } from "vitest";
import { findGiven, findWritten } from "./find-given.js";
import { settingTable } from "./setting-table.js";

const nowhere = { flags: {}, layers: [], env: {} };

describe("findGiven", () => {
  it("finds nothing where nothing was given", () => {
    for (const definition of Object.values(settingTable)) {
      expect(findGiven(definition, nowhere)).toBeUndefined();
    }
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
