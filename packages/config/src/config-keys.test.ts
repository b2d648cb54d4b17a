import { isPgMigError } from "@pg-mig/model";
import { describe, expect, it } from "vitest";
import { refuseMisspeltKeys } from "./config-keys.js";
import { libpqVariables } from "./libpq-variables.js";
import { configKey } from "./setting-definition.js";
import { settingDefinitions } from "./setting-table.js";

function refusal(...layers: { readonly path: string; readonly config: object }[]) {
  try {
    refuseMisspeltKeys(layers.map(({ path, config }) => ({ path, config: { ...config } })));
  } catch (error) {
    if (isPgMigError(error)) {
      return error;
    }
    throw error;
  }
  return undefined;
}

describe("refuseMisspeltKeys", () => {
  it("accepts the keys of settings, the variables of libpq, after, and what is like none of them", () => {
    const config = { PGPORT: 1, lockTimeout: "1s", PGTZ: "UTC", after: 1, TENANT: "a" };
    expect(refusal({ path: "/c", config })).toBeUndefined();
  });

  it("accepts every key that means something, and refuses it if its last letter is missing", () => {
    const settings = settingDefinitions.flatMap(([, definition]) => configKey(definition) ?? []);
    const keys = [...settings, ...libpqVariables, "after", "observers"];
    for (const key of keys) {
      expect(refusal({ path: "/c", config: { [key]: "x" } })).toBeUndefined();
      const typed = key.slice(0, -1);
      if (!keys.includes(typed)) {
        expect(refusal({ path: "/c", config: { [typed]: "x" } })?.code).toBe("SETTING_UNKNOWN");
      }
    }
  });

  it("says in the message which key is meant, if there is one such key", () => {
    expect(refusal({ path: "/c", config: { afte: 1, TENANT: "a" } })).toMatchObject({
      code: "SETTING_UNKNOWN",
      message: "afte in /c is no setting.",
      hint: "Write after; or give the key a name that is not so close to it.",
      where: { file: "/c" },
      problems: [],
    });
  });

  it.each([
    ["hots", "PGHOST"],
    ["hosts", "PGHOST"],
    ["PGHOTS", "PGHOST"],
    ["migDir", "PGMIGDIR"],
    ["createdb", "PGCREATEDB"],
    ["database", "PGDATABASE"],
    ["lockTimeOut", "lockTimeout"],
    ["lockTimeoutMs", "lockTimeout"],
    ["paralelism", "the option --parallelism"],
    ["force", "the option --force"],
    ["shell", "the option --no-shell"],
    ["noShell", "the option --no-shell"],
    ["no-shell", "the option --no-shell"],
  ])("takes %s for %s", (key, meant) => {
    expect(refusal({ path: "/c", config: { [key]: "x" } })?.hint).toBe(
      `Write ${meant}; or give the key a name that is not so close to it.`,
    );
  });

  it.each(["TENANT", "HOSTS", "REGION", "tenant", "shardCount", "appVersion", "x"])(
    "leaves %s to migration files",
    (key) => {
      expect(refusal({ path: "/c", config: { [key]: "x" } })).toBeUndefined();
    },
  );

  it("lists several, each with its file", () => {
    const error = refusal(
      { path: "/a", config: { PGUSR: "x" } },
      { path: "/b", config: { discovry: "x" } },
    );
    expect(error).toMatchObject({
      message: "Keys of the config files are misspelt.",
      hint: "Correct them.",
      where: { file: "/a" },
      problems: [
        { message: "PGUSR in /a is no setting.", where: { file: "/a" } },
        { message: "discovry in /b is no setting.", where: { file: "/b" } },
      ],
    });
  });
});
