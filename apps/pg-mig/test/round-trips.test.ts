import { startProxy, type TestProxy } from "@pg-mig/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Scenario, scenarios } from "./scenario.js";

const { scenario, cluster } = scenarios({ nodes: 2, servers: "own" });

async function proxiesOf({ databases }: Scenario): Promise<TestProxy[]> {
  const proxies = await Promise.all(databases.map(startProxy));
  onTestFinished(async () => {
    await Promise.all(proxies.map((proxy) => proxy.stop()));
  });
  return proxies;
}

describe("a run with nothing to do", () => {
  it("waits for each node five times, its login by SCRAM included, over one connection", async () => {
    const prepared = await scenario({ shards: ["sh1", "sh2"] });
    await prepared.migrations({ "1.a.sh": "CREATE TABLE t();" });
    expect((await prepared.pgMig()).status).toBe(0);
    const proxies = await proxiesOf(prepared);
    const hosts = proxies.map(({ url }) => url).join(",");
    // The proxies are in this process.
    const { status, stdout } = await prepared.pgMig([`--hosts=${hosts}`], { process: "own" });
    expect({ status, stdout }).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("Nothing to do"),
    });
    for (const node of cluster().nodes) {
      const [row] = await node.query(
        "SELECT auth_method FROM pg_hba_file_rules WHERE type = 'host'",
      );
      expect(row).toEqual({ auth_method: "scram-sha-256" });
    }
    // TLS or not; who it is, the proof, and the server's; who the server is and what it holds.
    for (const proxy of proxies) {
      expect(proxy).toMatchObject({ accepted: 1, roundTrips: 5 });
    }
  });
});
