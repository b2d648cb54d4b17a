import { describe, expect, it } from "vitest";
import { distinctNodes } from "./distinct-nodes.js";
import { resolveNodes } from "./node.js";
import type { NodeIdentity } from "./node-identity.js";

const defaults = { port: 5432, user: "ann", database: "app", sslMode: "prefer" } as const;

function identified(host: string, identity: Partial<NodeIdentity> = {}) {
  const [node] = resolveNodes([{ host }], defaults);
  if (node === undefined) {
    throw new Error("no node");
  }
  return {
    node,
    identity: {
      systemIdentifier: "7000",
      databaseOid: "16384",
      databaseName: "app",
      inRecovery: false,
      readOnly: false,
      serverVersionNum: 180004,
      backendPid: 1,
      timeline: "00000001",
      postmasterStart: "1700000000000000",
      ...identity,
    },
  };
}

describe("distinctNodes", () => {
  it("uses a database once, under its first name", () => {
    const [a, b, c] = [identified("a"), identified("b", { backendPid: 2 }), identified("c")];
    const { used, duplicates } = distinctNodes([a, b, c]);
    expect(used).toEqual([a]);
    expect(duplicates).toEqual([
      { node: b.node, sameAs: a.node },
      { node: c.node, sameAs: a.node },
    ]);
  });

  it("keeps two databases of one server apart", () => {
    const nodes = [identified("a"), identified("b", { databaseOid: "16385" })];
    expect(distinctNodes(nodes)).toEqual({ used: nodes, replicas: [], duplicates: [] });
  });

  it("keeps a server and a promoted copy of its files apart", () => {
    const nodes = [identified("a"), identified("b", { postmasterStart: "1700000000000001" })];
    expect(distinctNodes(nodes).used).toEqual(nodes);
  });

  it("puts replicas aside, also one whose primary is not in the list", () => {
    const [replica, primary] = [identified("a", { inRecovery: true }), identified("b")];
    expect(distinctNodes([replica, primary])).toEqual({
      used: [primary],
      replicas: [replica],
      duplicates: [],
    });
    expect(distinctNodes([replica])).toEqual({ used: [], replicas: [replica], duplicates: [] });
  });
});
