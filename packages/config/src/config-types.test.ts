import { describe, expect, expectTypeOf, it } from "vitest";
import { type Action, defineConfig } from "./config-types.js";

describe("defineConfig", () => {
  it("returns what it is given", () => {
    const config = { PGHOST: ["a", "b"], PGPORT: 5432, MY_OWN: "x" };
    expect(defineConfig(config)).toBe(config);
  });

  it("gives the action of a config function its type", () => {
    const make = defineConfig(async (action) => {
      expectTypeOf(action).toEqualTypeOf<Action>();
      return { PGCREATEDB: action === "apply", after: () => {} };
    });
    expect(make).toBeTypeOf("function");
  });

  it("has types that refuse a wrong value and a key that is misspelt", () => {
    // @ts-expect-error: a port is no object
    defineConfig({ PGPORT: {} });
    // @ts-expect-error: it is lockTimeout
    defineConfig({ lockTimeOut: "2s" });
    // @ts-expect-error: it is discovery
    defineConfig(() => ({ discovry: "./nodes.js" }));
    // @ts-expect-error: it is PGHOST
    defineConfig({ hots: ["db1"] });
    // @ts-expect-error: a key for migration files is in upper case
    defineConfig(async () => ({ PGHOST: "db1", tenant: "a" }));
    expect(defineConfig({ MY_OWN: "for migration files" })).toEqual({
      MY_OWN: "for migration files",
    });
  });
});
