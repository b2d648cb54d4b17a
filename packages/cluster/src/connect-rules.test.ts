import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { isPgMigError } from "@pg-mig/model";
import { startNodes, type TestCluster, type TestNode, tlsFile } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type ConnectNodeOptions, connectNode } from "./connect-node.js";
import { type Node, resolveNodes } from "./node.js";
import { nodeEnvironment } from "./node-environment.js";
import type { NodeDefaults, NodeSpec } from "./node-spec.js";
import { parseHosts } from "./parse-hosts.js";

const applicationName = "connect-rules test";

const rules = `
host all trusted all trust
host all hashed all md5
host all clear all password
host all all all scram-sha-256
local all all scram-sha-256
`;

let cluster: TestCluster;
let plain: TestNode;
let tls: TestNode;

beforeAll(async () => {
  cluster = await startNodes({ count: 2 });
  [plain, tls] = cluster.nodes as [TestNode, TestNode];
  for (const node of [plain, tls]) {
    for (const role of ["trusted", "clear"]) {
      await node.query(`CREATE ROLE ${role} LOGIN PASSWORD '${node.password}'`);
    }
    await node.query(
      `SET password_encryption = 'md5'; CREATE ROLE hashed LOGIN PASSWORD '${node.password}'`,
    );
    await node.writeFile("pg_hba.conf", rules);
  }
  await plain.query("SELECT pg_reload_conf()");
  await tls.offerTls("server");
  await tls.restart();
});

afterAll(() => cluster.stop());

function nodeOf(
  server: TestNode,
  spec: Partial<NodeSpec> = {},
  defaults: Partial<NodeDefaults> = {},
): Node {
  const { host, port, user, password, database } = server;
  const [node] = resolveNodes([{ host, ...spec }], {
    port,
    user,
    password,
    database,
    sslMode: "prefer",
    ...defaults,
  });
  if (node === undefined) {
    throw new Error("no node");
  }
  return node;
}

/** How the connection is encrypted, or the code of the error. */
async function outcome(node: Node, options: Partial<ConnectNodeOptions> = {}): Promise<string> {
  try {
    const client = await connectNode(node, { applicationName, ...options });
    const { rows } = await client.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    await client.end();
    return rows[0].ssl ? "TLS" : "plain";
  } catch (error) {
    if (!isPgMigError(error)) {
      throw error;
    }
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(node.password);
    return error.code;
  }
}

/**
 * Passes on what comes, and counts the connections, the bytes that clients sent, and how often they
 * sent something after they had heard something: the round trips.
 */
async function countingProxy(server: TestNode) {
  const seen = { connections: 0, sent: "", roundTrips: 0 };
  const proxy = createServer((client) => {
    seen.connections++;
    let hasHeard = true;
    const upstream = connect(server.port, server.host);
    client.on("data", (data) => {
      seen.sent += data.toString("latin1");
      seen.roundTrips += hasHeard ? 1 : 0;
      hasHeard = false;
    });
    upstream.on("data", () => {
      hasHeard = true;
    });
    client.pipe(upstream).pipe(client);
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void proxy.close());
  return { seen, port: (proxy.address() as AddressInfo).port };
}

describe("require_auth", () => {
  const methods = { postgres: "scram-sha-256", hashed: "md5", clear: "password", trusted: "none" };

  it.each(Object.entries(methods))("lets %s log in by %s alone", async (user, method) => {
    for (const allowed of Object.values(methods)) {
      const parameters = { require_auth: allowed };
      const expected = allowed === method ? "plain" : "LOGIN_NOT_ALLOWED";
      expect(await outcome(nodeOf(plain, { user, parameters }))).toBe(expected);
      const others = { require_auth: `!${allowed}` };
      const otherwise = allowed === method ? "LOGIN_NOT_ALLOWED" : "plain";
      expect(await outcome(nodeOf(plain, { user, parameters: others }))).toBe(otherwise);
    }
    const several = { require_auth: "md5,scram-sha-256,password,none" };
    expect(await outcome(nodeOf(tls, { user, parameters: several }))).toBe("TLS");
  });

  it("gives no password to a server that asks for it in another way", async () => {
    const { seen, port } = await countingProxy(plain);
    const node = nodeOf(plain, {
      user: "clear",
      port,
      password: "hunter2",
      parameters: { require_auth: "scram-sha-256" },
    });
    expect(await outcome(node)).toBe("LOGIN_NOT_ALLOWED");
    expect(seen.connections).toBe(1);
    expect(seen.sent).toContain("clear");
    expect(seen.sent).not.toContain("hunter2");
  });
});

describe("channel_binding=require", () => {
  const parameters = { channel_binding: "require" };

  it("wants TLS and a login that is bound to it", async () => {
    expect(await outcome(nodeOf(tls, { parameters }))).toBe("TLS");
    for (const user of ["hashed", "clear", "trusted"]) {
      expect(await outcome(nodeOf(tls, { user, parameters }))).toBe("LOGIN_NOT_ALLOWED");
    }
    expect(await outcome(nodeOf(plain, { parameters }))).toBe("LOGIN_NOT_ALLOWED");
  });
});

describe("opening a connection", () => {
  // A login by SCRAM takes two round trips more, TLS 1.3 one more.
  it.each([
    ["plain", "disable", "trusted", 1],
    ["plain", "disable", "postgres", 3],
    ["plain", "allow", "trusted", 1],
    ["plain", "prefer", "trusted", 2],
    ["plain", "prefer", "postgres", 4],
    ["TLS", "prefer", "trusted", 3],
    ["TLS", "prefer", "postgres", 5],
    ["TLS", "require", "trusted", 3],
    ["TLS", "require", "postgres", 5],
  ] as const)(
    "to a %s server with sslmode %s as %s takes %i round trips, and one more its first query",
    async (kind, sslMode, user, count) => {
      const server = kind === "TLS" ? tls : plain;
      const { seen, port } = await countingProxy(server);
      const client = await connectNode(nodeOf(server, { port, user, sslMode }), {
        applicationName,
      });
      expect(seen).toMatchObject({ roundTrips: count, connections: 1 });
      await client.query("SELECT 1");
      expect(seen).toMatchObject({ roundTrips: count + 1, connections: 1 });
      await client.end();
    },
  );
});

describe("TLS", () => {
  it("costs no second connection to a server that has none", async () => {
    const { seen, port } = await countingProxy(plain);
    expect(await outcome(nodeOf(plain, { port, user: "trusted" }))).toBe("plain");
    expect(seen.connections).toBe(1);
  });

  it("starts with the first byte if sslnegotiation is direct", async () => {
    const { seen, port } = await countingProxy(tls);
    const spec = { port, sslMode: "require", parameters: { sslnegotiation: "direct" } } as const;
    const expected = tls.major >= 17 ? "TLS" : "TLS_FAILED";
    expect(await outcome(nodeOf(tls, spec))).toBe(expected);
    expect(seen.sent.charCodeAt(0)).toBe(22);
    expect(await outcome(nodeOf(plain, { ...spec, port: plain.port }))).toBe("TLS_FAILED");
    expect(() => nodeOf(tls, { ...spec, sslMode: "prefer" })).toThrow("too weak");
  });

  it("trusts the machine's authorities, and checks the name, if sslrootcert is system", async () => {
    const before = process.env.SSL_CERT_FILE;
    process.env.SSL_CERT_FILE = tlsFile("ca.crt");
    onTestFinished(() => {
      if (before === undefined) {
        delete process.env.SSL_CERT_FILE;
      } else {
        process.env.SSL_CERT_FILE = before;
      }
    });
    const defaults = { sslRootCert: "system" };
    expect(nodeOf(tls, {}, defaults).sslMode).toBe("verify-full");
    expect(await outcome(nodeOf(tls, { host: "localhost" }, defaults))).toBe("TLS");
    expect(await outcome(nodeOf(tls, { host: "127.0.0.1" }, defaults))).toBe("TLS_FAILED");
    process.env.SSL_CERT_FILE = tlsFile("stranger.crt");
    expect(await outcome(nodeOf(tls, { host: "localhost" }, defaults))).toBe("TLS_FAILED");
    expect(() => nodeOf(tls, {}, { ...defaults, sslMode: "verify-ca" })).toThrow("too weak");
  });

  it("tells of a revocation list that is named and not there", async () => {
    const notes: string[] = [];
    const parameters = { sslcrl: "/nowhere/ca.crl", sslrootcert: tlsFile("ca.crt") };
    const node = nodeOf(tls, { host: "localhost", sslMode: "verify-full", parameters });
    expect(await outcome(node, { onNote: (note) => notes.push(note) })).toBe("TLS");
    expect(notes).toEqual([
      "No certificate counts as revoked: the file /nowhere/ca.crl (sslcrl) cannot be read.",
    ]);
  });

  it("sends no client certificate if sslcertmode is disable", async () => {
    const certificateDirectory = await mkdtemp(join(tmpdir(), "pg-mig-certificates-"));
    onTestFinished(() => rm(certificateDirectory, { recursive: true }));
    await writeFile(join(certificateDirectory, "postgresql.crt"), "none at all");
    const spec = { sslMode: "require" } as const;
    const defaults = { certificateDirectory };
    expect(await outcome(nodeOf(tls, spec, defaults))).toBe("TLS_FILE_UNREADABLE");
    const parameters = { sslcertmode: "disable" };
    expect(await outcome(nodeOf(tls, { ...spec, parameters }, defaults))).toBe("TLS");
  });
});

describe("several servers of one node", () => {
  it("are tried in an order by chance if load_balance_hosts is random", async () => {
    const node = nodeOf(plain, {
      alternatives: [{ host: tls.host, port: tls.port }],
      user: "trusted",
      parameters: { load_balance_hosts: "random" },
    });
    const reached: unknown[] = [];
    for (const chance of [0, 0.9]) {
      const client = await connectNode(node, { applicationName, random: () => chance });
      const { rows } = await client.query("SHOW port");
      reached.push(Number(rows[0].port));
      await client.end();
    }
    expect(reached).toEqual([tls.port, plain.port]);
  });

  it("are all named if none can be used", async () => {
    const node = nodeOf(plain, { port: 1, alternatives: [{ host: "localhost", port: 2 }] });
    await expect(connectNode(node, { applicationName })).rejects.toMatchObject({
      code: "NODE_UNREACHABLE",
      message:
        "None of the servers of 127.0.0.1,localhost can be used: No server accepts connections at 127.0.0.1:1. No server accepts connections at localhost:2.",
    });
  });

  it("have one name, which parseHosts reads back", () => {
    const spec = { alternatives: [{ host: "::1", port: 7 }], hostaddr: "127.0.0.1" };
    for (const node of [nodeOf(plain, spec), nodeOf(plain, { ...spec, host: "/run/pg x" })]) {
      const [read] = parseHosts(node.name);
      if (read === undefined) {
        throw new Error("no node");
      }
      expect(nodeOf(plain, read).name).toBe(node.name);
    }
  });
});

describe("nodeEnvironment", () => {
  it("has all that psql needs to connect as we do", async () => {
    const node = nodeOf(plain, {
      host: "a",
      port: 1,
      hostaddr: "10.0.0.1",
      alternatives: [{ host: "b", port: 2 }],
      parameters: { target_session_attrs: "primary", sslcrl: "/crl", keepalives: "0" },
    });
    expect(await nodeEnvironment(node)).toMatchObject({
      PGHOST: "a,b",
      PGPORT: "1,2",
      PGHOSTADDR: "10.0.0.1,",
      PGTARGETSESSIONATTRS: "primary",
      PGSSLCRL: "/crl",
      PGSERVICE: undefined,
    });
  });
});
