import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { labelAddresses, resolveNodes, withDatabase } from "./node.js";
import { renderAddress, renderEndpoint } from "./node-address.js";
import type { NodeDefaults, NodeSpec } from "./node-spec.js";

const defaults: NodeDefaults = { port: 5432, user: "ann", database: "app", sslMode: "prefer" };

describe("resolveNodes", () => {
  it("refuses to verify a certificate for an address alone, of whichever server of a node", () => {
    const make = (spec: NodeSpec) => () =>
      resolveNodes([spec], { ...defaults, sslMode: "verify-full" });
    const hostaddr = "10.0.0.1";
    expect(make({ host: "", hostaddr })).toThrow("cannot be verified without a host");
    expect(make({ host: "a", alternatives: [{ host: "", hostaddr }] })).toThrow(hostaddr);
    expect(make({ host: "a", hostaddr })).not.toThrow();
    expect(make({ host: "", hostaddr, sslMode: "verify-ca" })).not.toThrow();
  });

  it("fills in what a spec leaves out", () => {
    expect(resolveNodes([{ host: "" }], { ...defaults, password: "p" })).toMatchObject([
      {
        name: "127.0.0.1:5432/app",
        label: "127.0.0.1",
        host: "127.0.0.1",
        port: 5432,
        database: "app",
        user: "ann",
        password: "p",
        sslMode: "prefer",
        labels: {},
      },
    ]);
  });

  it("names the database as the user where nothing else is said", () => {
    const { database, ...rest } = defaults;
    const databases = resolveNodes([{ host: "a" }, { host: "b", user: "bob" }], rest);
    expect(databases.map((node) => node.database)).toEqual(["ann", "bob"]);
  });

  it("makes one node of the same address, for which the first word counts", () => {
    const nodes = resolveNodes(
      [
        { host: "a", user: "bob", labels: { region: "eu" } },
        { host: "a", port: 5432, user: "eve", island: "i1", labels: { region: "us", tier: "1" } },
      ],
      defaults,
    );
    expect(nodes).toMatchObject([
      { user: "bob", island: "i1", labels: { region: "eu", tier: "1" } },
    ]);
  });

  it("sorts by name, whatever the order of the specs", () => {
    const spec = fc.record({ host: fc.constantFrom("a", "b", "B", "c"), port: fc.nat({ max: 3 }) });
    fc.assert(
      fc.property(fc.array(spec), (specs) => {
        const names = resolveNodes(specs, defaults).map(({ name }) => name);
        expect(names).toEqual([...new Set(names)].sort());
        expect(resolveNodes(specs.toReversed(), defaults).map(({ name }) => name)).toEqual(names);
      }),
    );
  });

  it("shows no password when a node is printed", () => {
    const [node] = resolveNodes([{ host: "a", password: "hunter2" }], defaults);
    if (node === undefined) {
      throw new Error("no node");
    }
    const other = withDatabase(node, "postgres");
    expect([node.password, other.password]).toEqual(["hunter2", "hunter2"]);
    for (const printed of [node, other, { ...node }]) {
      expect(inspect(printed) + JSON.stringify(printed)).not.toContain("hunter2");
    }
  });
});

describe("labelAddresses", () => {
  it("says no more than is needed", () => {
    const address = (host: string, port: number, database: string) => ({ host, port, database });
    expect(
      labelAddresses([
        address("a", 5432, "x"),
        address("b", 5432, "x"),
        address("b", 5433, "x"),
        address("b", 5433, "y"),
        address("::1", 1, "x"),
        address("::1", 2, "x"),
      ]),
    ).toEqual(["a", "b:5432", "b:5433/x", "b:5433/y", "[::1]:1", "[::1]:2"]);
  });

  it("gives different addresses different labels, each the shortest one that no other fits", () => {
    const address = fc.record({
      host: fc.constantFrom("a", "b"),
      port: fc.constantFrom(1, 2),
      database: fc.constantFrom("x", "y"),
    });
    fc.assert(
      fc.property(fc.uniqueArray(address, { selector: renderAddress }), (addresses) => {
        const labels = labelAddresses(addresses);
        expect(new Set(labels).size).toBe(addresses.length);
        for (const [index, { host, port, database }] of addresses.entries()) {
          const forms = [(a: { host: string }) => a.host, renderEndpoint, renderAddress];
          const self = { host, port, database };
          const shortest = forms.find(
            (form) => addresses.filter((other) => form(other) === form(self)).length === 1,
          );
          expect(labels[index]).toBe(shortest?.(self));
        }
      }),
    );
  });
});
