import type { NodeSpec } from "@pg-mig/cluster";
import { describeDiscovery } from "@pg-mig/cluster/testing";
import { describe, expect, it } from "vitest";
import { type EntFrameworkNode, entFramework } from "./ent-framework-source.js";

async function specOf(node: EntFrameworkNode): Promise<NodeSpec | undefined> {
  const found = entFramework({ options: { islands: [{ no: 7, nodes: [node] }] } }).discover({
    signal: new AbortController().signal,
    log: () => {},
    defaults: { port: 5432, user: "ann", sslMode: "prefer" },
  });
  const specs: NodeSpec[] = [];
  for await (const spec of Symbol.asyncIterator in found ? found : await found) {
    specs.push(spec);
  }
  return specs[0];
}

describe("entFramework", () => {
  describeDiscovery(
    {
      create: () =>
        entFramework({
          options: {
            islands: async () => [
              { no: 0, nodes: [{ name: "a-writer", config: { host: "a", password: "hunter2" } }] },
              { no: 1, nodes: [{ name: "b-writer", host: "b", port: 6432 }, { host: "c" }] },
            ],
          },
        }),
      createFailing: () =>
        entFramework({ options: { islands: () => Promise.reject(new Error("no config")) } }),
      expected: [
        { host: "a", island: "0", labels: { name: "a-writer" } },
        { host: "b", port: 6432, island: "1", labels: { name: "b-writer" } },
        { host: "c", island: "1" },
      ],
      secrets: ["hunter2"],
    },
    { describe, it },
  );

  it.each<[string, EntFrameworkNode, Partial<NodeSpec>]>([
    ["a host", { host: "a", user: "u", database: "d" }, { host: "a", user: "u", database: "d" }],
    ["a password that is a function", { host: "a", password: () => "x" }, { host: "a" }],
    ["ssl: true", { host: "a", ssl: true }, { host: "a", sslMode: "verify-full" }],
    ["ssl: false", { host: "a", ssl: false }, { host: "a", sslMode: "disable" }],
    [
      "ssl without verification",
      { host: "a", ssl: { rejectUnauthorized: false } },
      { host: "a", sslMode: "require" },
    ],
    [
      "a connection string",
      { config: { connectionString: "postgres://u%40:p%2F@a:6432/d?sslmode=require" } },
      { host: "a", port: 6432, user: "u@", password: "p/", database: "d", sslMode: "require" },
    ],
    [
      "a connection string with a mode of node-postgres",
      { config: { connectionString: "postgres://a/?sslmode=no-verify" } },
      { host: "a", sslMode: "require" },
    ],
    [
      "a connection string whose mode others refuse",
      { config: { connectionString: "postgres://a/?sslmode=required" } },
      { host: "a", sslMode: "required" as "require" },
    ],
    [
      "an IPv6 address in a connection string",
      { config: { connectionString: "postgresql://[::1]/d" } },
      { host: "::1", database: "d" },
    ],
    [
      "a socket in a connection string",
      { config: { host: "ignored", connectionString: "postgres:///d?host=/run/postgresql" } },
      { host: "/run/postgresql", database: "d" },
    ],
  ])("understands %s", async (_, node, spec) => {
    expect(await specOf(node)).toEqual({ ...spec, island: "7" });
  });

  it("puts the given port in the place of a pooler's", async () => {
    const cluster = { options: { islands: [{ no: 0, nodes: [{ host: "a", port: 6432 }] }] } };
    const found = await entFramework(cluster, { port: 5432 }).discover({
      signal: new AbortController().signal,
      log: () => {},
      defaults: { port: 1, user: "ann", sslMode: "prefer" },
    });
    expect(found).toEqual([{ host: "a", port: 5432, island: "0" }]);
  });

  it.each<[string, EntFrameworkNode, string]>([
    ["a node without host", { name: "a", password: "hunter2" }, "island 7 has neither host"],
    ["a connection string that is none", { connectionString: "hunter2" }, "is no URL"],
  ])("fails for %s, showing no password", async (_, node, words) => {
    await expect(specOf(node)).rejects.toThrow(words);
    await expect(specOf(node)).rejects.not.toThrow("hunter2");
  });
});
