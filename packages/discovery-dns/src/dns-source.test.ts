import { discoverNodes } from "@pg-mig/cluster";
import { describeDiscovery } from "@pg-mig/cluster/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DnsOptions, dns } from "./dns-source.js";
import { type NameServer, startNameServer } from "./testing/name-server.js";

const service = "_postgres._tcp.db.internal";
let server: NameServer;
let silent: NameServer;

beforeAll(async () => {
  const srv = (target: string, port: number) => ({
    name: service,
    type: "SRV" as const,
    data: { target, port, priority: 0, weight: 0 },
  });
  server = await startNameServer({
    records: [
      srv("db1.internal", 5433),
      srv("db2.internal", 5434),
      { name: "db1.internal", type: "A", data: "10.0.0.1" },
      { name: "db2.internal", type: "AAAA", data: "fd00::2" },
      { name: "all.internal", type: "A", data: "10.0.0.3" },
      { name: "all.internal", type: "A", data: "10.0.0.4" },
      { name: "all.internal", type: "AAAA", data: "fd00::5" },
      { name: "none.internal", type: "SRV", data: { target: ".", port: 0 } },
      { name: "text.internal", type: "TXT", data: "hello" },
    ],
  });
  silent = await startNameServer({ records: [], answers: "never" });
});

afterAll(() => {
  server.close();
  silent.close();
});

function source(options: DnsOptions) {
  return dns({ servers: [server.address], ...options });
}

async function ask(options: DnsOptions) {
  const nodes = await discoverNodes([source(options)], {
    signal: new AbortController().signal,
    log: () => {},
    defaults: { port: 5432, user: "ann", database: "app", sslMode: "prefer" },
  });
  return nodes.map(({ name }) => name);
}

describe("dns", () => {
  describeDiscovery(
    {
      create: () => source({ srv: service, a: "all.internal", node: { labels: { tier: "gold" } } }),
      createFailing: () => source({ srv: [service, "_gone._tcp.db.internal"] }),
      createHanging: () => source({ srv: service, servers: [silent.address] }),
      expected: ["10.0.0.1", "fd00::2", "10.0.0.3", "10.0.0.4", "fd00::5"].map((host) => ({
        host,
        labels: { tier: "gold" },
      })),
    },
    { describe, it },
  );

  it("takes each target of an SRV record with its port", async () => {
    expect(await ask({ srv: service, targets: "name" })).toEqual([
      "db1.internal:5433/app",
      "db2.internal:5434/app",
    ]);
    expect(await ask({ srv: service })).toEqual(["10.0.0.1:5433/app", "[fd00::2]:5434/app"]);
  });

  it("takes all addresses of a name, with the given port or the default one", async () => {
    const names = (port: number) => [
      `10.0.0.3:${port}/app`,
      `10.0.0.4:${port}/app`,
      `[fd00::5]:${port}/app`,
    ];
    expect(await ask({ a: "all.internal", port: 6432 })).toEqual(names(6432));
    expect(await ask({ a: "all.internal" })).toEqual(names(5432));
  });

  it.each([
    ["a name that does not exist", { a: "gone.internal" }, "ENOTFOUND"],
    ["a name without addresses", { a: "text.internal" }, "no A or AAAA record for text.internal"],
    ["a name without SRV records", { srv: "all.internal" }, "ENODATA"],
    ["a service that is said not to be there", { srv: "none.internal" }, "no SRV record"],
  ])("fails for %s", async (_, options, words) => {
    await expect(ask(options)).rejects.toThrow(words);
  });

  it("fails if the name server does not answer", async () => {
    const asked = ask({ srv: service, servers: [silent.address], timeoutMs: 100 });
    await expect(asked).rejects.toThrow("ETIMEOUT");
  });

  it("refuses to be made without a name", () => {
    expect(() => dns({})).toThrow("needs a name");
  });
});
