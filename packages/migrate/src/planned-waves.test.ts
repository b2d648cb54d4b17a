import { resolveNodes } from "@pg-mig/cluster";
import type { RolloutWave } from "@pg-mig/model";
import { type OpenNode, openShard } from "@pg-mig/sessions";
import { describe, expect, it } from "vitest";
import { plannedWaves, refuseImpossibleWaves, wavesForNobody } from "./planned-waves.js";

/** Two nodes, as a machine calls them. */
function cluster(hosts: readonly [string, string]): OpenNode[] {
  const defaults = { port: 5432, user: "ann", database: "app", sslMode: "prefer" } as const;
  const specs = hosts.map((host, index) => ({ host, labels: { region: index ? "us" : "eu" } }));
  return resolveNodes(specs, defaults).map((node, index) => ({
    node,
    identity: {
      systemIdentifier: `70000000000${index}`,
      databaseOid: "16384",
      databaseName: "app",
      inRecovery: false,
      readOnly: false,
      serverVersionNum: 180_000,
      backendPid: 1,
      timeline: "00000001",
      postmasterStart: "1",
    },
    ledger: { shards: [], digest: undefined, fingerprint: undefined },
    shards: ["public", ...Array.from({ length: 30 }, (_, i) => `sh${i}`), "other"].map((shard) =>
      openShard(node, { shard, schemaOid: 1, entries: [], storedHash: undefined }),
    ),
  }));
}

const versions = [{ prefix: "sh" }, { prefix: "public" }];
const waves: readonly RolloutWave[] = [
  { name: "canary", only: ["region=us,shard=sh7"] },
  { name: "one per node", take: { perNode: 1 } },
  { name: "tenth", take: { percent: 10 } },
];

function waveNames(nodes: readonly OpenNode[]) {
  return plannedWaves({ waves, versions, nodes, chains: [] }).map(({ name, shards }) => [
    name,
    shards
      .map((shard) => `${nodes.findIndex(({ node }) => node === shard.node)}/${shard.name}`)
      .sort(),
  ]);
}

describe("plannedWaves", () => {
  it("chooses what was asked for, of each prefix, and nothing that no version is for", () => {
    const all = waveNames(cluster(["db1", "db2"]));
    expect(all[0]).toEqual(["canary", ["1/sh7"]]);
    expect(all[1]?.[1]).toHaveLength(4);
    expect(all[1]?.[1]).toEqual(expect.arrayContaining(["0/public", "1/public"]));
    // A tenth of 57.
    expect(all[2]?.[1]).toHaveLength(6);
    expect(all[3]?.[1]).toHaveLength(51);
    expect(all.flat(2)).not.toContain("0/other");
  });

  it("chooses the same on a machine that calls the nodes by other names", () => {
    expect(waveNames(cluster(["10.0.0.3", "10.0.0.9"]))).toEqual(
      waveNames(cluster(["db1", "db2"])),
    );
  });
});

describe("wavesForNobody", () => {
  it("names the waves whose conditions fit no shard, and no others", () => {
    const named = [
      ...waves,
      { name: "again", only: ["region=us,shard=sh7"] },
      { name: "typo", only: ["regoin=us"] },
      { name: "gone", only: ["shard=sh99", "shard=sh98"], take: { perNode: 1 } },
      { name: "either", only: ["shard=sh99", "shard=sh1"] },
    ] as const;
    expect(wavesForNobody(named, cluster(["db1", "db2"]))).toEqual(["typo", "gone"]);
  });
});

describe("refuseImpossibleWaves", () => {
  it("refuses a wave that would not have the same shards in every run", () => {
    expect(() => refuseImpossibleWaves([{ name: "a", only: ["failed"] }], undefined)).toThrow(
      expect.objectContaining({ code: "CHOICE_INVALID" }),
    );
  });

  it("refuses the name of a wave if there are none", () => {
    for (const wave of ["canary", "rest", "next"]) {
      expect(() => refuseImpossibleWaves([], wave)).toThrow(
        expect.objectContaining({ code: "WAVE_UNKNOWN" }),
      );
    }
    for (const wave of ["rest", "next"]) {
      expect(() => refuseImpossibleWaves(waves, wave)).not.toThrow();
    }
  });
});
