import { chmod, chown, readFile, stat, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { fileURLToPath } from "node:url";
import { isPgMigError } from "@pg-mig/model";
import { startNodes, type TestCluster, type TestNode } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { connectNode } from "./connect-node.js";
import { resolveNodes } from "./node.js";
import type { NodeDefaults } from "./node-spec.js";

/** Self-signed, for the name `localhost`. */
const certificate = fileURLToPath(new URL("../fixtures/tls/server.crt", import.meta.url));
const key = fileURLToPath(new URL("../fixtures/tls/server.key", import.meta.url));

const rules = `
hostssl all tls_only all scram-sha-256
hostnossl all plain_only all scram-sha-256
host all postgres all scram-sha-256
`;

let cluster: TestCluster;
let server: TestNode;

beforeAll(async () => {
  cluster = await startNodes();
  server = cluster.node;
  const { uid, gid } = await stat(server.dataDirectory);
  for (const [name, text] of [
    ["server.crt", await readFile(certificate, "utf8")],
    ["server.key", await readFile(key, "utf8")],
    ["pg_hba.conf", rules],
  ] as const) {
    const path = join(server.dataDirectory, name);
    await writeFile(path, text);
    await chown(path, uid, gid);
    await chmod(path, 0o600);
  }
  for (const role of ["tls_only", "plain_only", "nowhere"]) {
    await server.query(`CREATE ROLE ${role} LOGIN PASSWORD '${server.password}'`);
  }
  await server.query("ALTER SYSTEM SET ssl = on");
  await server.restart();
});

afterAll(() => cluster.stop());

/** How the connection is encrypted, or why there is none. */
async function outcome(url: { host?: string; user?: string } & Partial<NodeDefaults>) {
  const { host = "localhost", ...rest } = url;
  const { port, user, password, database } = server;
  const [node] = resolveNodes([{ host }], {
    port,
    user,
    password,
    database,
    sslMode: "prefer",
    ...rest,
  });
  if (node === undefined) {
    throw new Error("no node");
  }
  try {
    const client = await connectNode(node, { applicationName: "connect-node TLS test" });
    const { rows } = await client.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    await client.end();
    return rows[0].ssl ? "tls" : "plain";
  } catch (error) {
    if (isPgMigError(error)) {
      return error.code;
    }
    throw error;
  }
}

describe("connectNode, with a server that offers TLS", () => {
  it.each([
    ["disable", "plain", "NODE_AUTH_FAILED", "plain"],
    ["allow", "plain", "tls", "plain"],
    ["prefer", "tls", "tls", "plain"],
    ["require", "tls", "tls", "NODE_AUTH_FAILED"],
  ] as const)(
    "follows libpq where the mode is %s",
    async (sslMode, anyUser, tlsOnly, plainOnly) => {
      expect(await outcome({ sslMode })).toBe(anyUser);
      expect(await outcome({ sslMode, user: "tls_only" })).toBe(tlsOnly);
      expect(await outcome({ sslMode, user: "plain_only" })).toBe(plainOnly);
      expect(await outcome({ sslMode, user: "nowhere" })).toBe("NODE_AUTH_FAILED");
    },
  );

  it("checks the certificate where the mode says so, or a root certificate is named", async () => {
    const trusted = { sslRootCert: certificate };
    const stranger = { sslRootCert: join(server.dataDirectory, "stranger.crt") };
    await writeFile(stranger.sslRootCert, rootCertificates[0] ?? "");
    // As libpq: authorities that are named are always asked, and then prefer has its plain way.
    expect(await outcome({ sslMode: "prefer", ...stranger })).toBe("plain");
    expect(await outcome({ sslMode: "require", ...stranger })).toBe("TLS_FAILED");
    expect(await outcome({ sslMode: "verify-ca" })).toBe("TLS_FILE_UNREADABLE");
    expect(await outcome({ sslMode: "verify-full" })).toBe("TLS_FILE_UNREADABLE");
    expect(await outcome({ sslMode: "verify-full", sslRootCert: "system" })).toBe("TLS_FAILED");
    expect(await outcome({ sslMode: "require", ...trusted })).toBe("tls");
    expect(await outcome({ sslMode: "verify-ca", ...trusted })).toBe("tls");
    expect(await outcome({ sslMode: "verify-full", ...trusted })).toBe("tls");
  });

  it("checks the name in the certificate only where the mode is verify-full", async () => {
    const other = { host: "127.0.0.1", sslRootCert: certificate };
    expect(await outcome({ sslMode: "verify-ca", ...other })).toBe("tls");
    expect(await outcome({ sslMode: "verify-full", ...other })).toBe("TLS_FAILED");
  });

  it("names a certificate file that is not there", async () => {
    const sslRootCert = "/nowhere/root.crt";
    expect(await outcome({ sslMode: "verify-ca", sslRootCert })).toBe("TLS_FILE_UNREADABLE");
  });

  it.each([
    ["agrees to TLS and breaks the handshake", "S", "plain"],
    // It may be any error, and plain would meet it, too.
    ["answers the request for TLS with an error", "Ecould not fork\n\0", "CONNECTION_FAILED"],
  ])("does as libpq if the mode is prefer and the server %s", async (_, answer, preferred) => {
    const proxy = createServer((client) => {
      client.once("data", (data) => {
        if (data.readInt32BE(4) === 80_877_103) {
          client.write(answer);
          client.once("data", () => client.end("no TLS"));
          return;
        }
        const upstream = connect(server.port, server.host);
        // The server may be stopped before it has read the farewell, and then resets the connection.
        upstream.on("error", () => client.destroy());
        upstream.write(data);
        client.pipe(upstream).pipe(client);
      });
      client.on("error", () => {});
    });
    onTestFinished(() => void proxy.close());
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const { port } = proxy.address() as AddressInfo;
    const way = { host: "127.0.0.1", port };
    expect(await outcome({ ...way, sslMode: "prefer" })).toBe(preferred);
    expect(await outcome({ ...way, sslMode: "require" })).toMatch(/TLS_FAILED|CONNECTION_FAILED/);
    expect(await outcome({ ...way, sslMode: "allow" })).toBe("plain");
  });
});
