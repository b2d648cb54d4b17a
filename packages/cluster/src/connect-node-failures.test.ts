import { createServer, type Server, type Socket } from "node:net";
import { inspect } from "node:util";
import { PgMigError } from "@pg-mig/model";
import { afterEach, describe, expect, it } from "vitest";
import { type ConnectNodeOptions, connectNode } from "./connect-node.js";
import { type Node, resolveNodes } from "./node.js";
import type { NodeDefaults, NodeSpec } from "./node-spec.js";
import { waitForNode } from "./wait-for-node.js";

const servers: { readonly server: Server; readonly sockets: Set<Socket> }[] = [];

afterEach(async () => {
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) {
      socket.destroy();
    }
    await new Promise((resolve) => server.close(resolve));
  }
});

/** Something that listens and is no PostgreSQL server; gives its port. */
async function listen(onData: (socket: Socket, data: Buffer) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (data) => onData(socket, data));
  });
  servers.push({ server, sockets });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error("no port");
  }
  return address.port;
}

const tlsHandshake = 22;

function isTlsRequest(data: Buffer): boolean {
  return data.length === 8 && data.readInt32BE(4) === 80_877_103;
}

/** Agrees to TLS, and then answers what is none. */
function brokenTls(socket: Socket, data: Buffer): void {
  socket.write(isTlsRequest(data) ? "S" : "no TLS at all");
}

function errorResponse(words: string, sqlState = "53300"): string {
  const fields = `SFATAL\0VFATAL\0C${sqlState}\0M${words}\0\0`;
  const length = Buffer.alloc(4);
  length.writeInt32BE(fields.length + 4);
  return `E${length.toString("latin1")}${fields}`;
}

function nodeOf(spec: NodeSpec, defaults: Partial<NodeDefaults> = {}): Node {
  const [node] = resolveNodes([{ password: "hunter2", ...spec }], {
    port: 5432,
    user: "ann",
    database: "app",
    sslMode: "disable",
    ...defaults,
  });
  if (node === undefined) {
    throw new Error("no node");
  }
  return node;
}

async function failure(
  spec: NodeSpec,
  options: Partial<ConnectNodeOptions> = {},
  defaults: Partial<NodeDefaults> = {},
): Promise<PgMigError> {
  const error: unknown = await connectNode(nodeOf(spec, defaults), {
    applicationName: "test",
    ...options,
  }).then(
    (client) => client.end(),
    (error) => error,
  );
  if (error instanceof PgMigError) {
    return error;
  }
  throw new Error(`expected a PgMigError, got ${inspect(error)}`);
}

describe("connectNode, where no server is", () => {
  it("says that a port is closed", async () => {
    const port = await listen(() => {});
    await new Promise((resolve) => servers.pop()?.server.close(resolve));
    for (const sslMode of ["disable", "prefer", "require"] as const) {
      const { code, message, hint, where } = await failure({ host: "127.0.0.1", port, sslMode });
      expect(code).toBe("NODE_UNREACHABLE");
      expect(message).toBe(`No server accepts connections at 127.0.0.1:${port}.`);
      expect(hint).toContain("the setting `hosts`");
      expect(where).toEqual({ node: "127.0.0.1" });
    }
  });

  it("says that a host name does not exist", async () => {
    const { code, message } = await failure({ host: "db.invalid" });
    expect(code).toBe("NODE_UNREACHABLE");
    expect(message).toContain('"db.invalid" cannot be resolved');
  });

  it("says that a socket directory has no socket", async () => {
    const { code, message } = await failure({ host: "/nowhere/at/all", sslMode: "verify-full" });
    expect(code).toBe("NODE_UNREACHABLE");
    expect(message).toContain("no socket of a PostgreSQL server in /nowhere/at/all");
  });

  it.each([
    ["HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["SSH", "SSH-2.0-OpenSSH_9.6\r\n"],
    ["Redis", "-ERR unknown command\r\n"],
  ])("says that %s is not PostgreSQL", async (_name, greeting) => {
    const port = await listen((socket) => socket.end(greeting));
    for (const sslMode of ["disable", "require"] as const) {
      const { code, message } = await failure({ host: "127.0.0.1", port, sslMode });
      expect(`${sslMode} ${code}`).toBe(`${sslMode} NOT_POSTGRES`);
      expect(message).toContain(`127.0.0.1:${port}`);
    }
  });

  it("says that nothing answers in time", async () => {
    const port = await listen(() => {});
    for (const sslMode of ["disable", "require"] as const) {
      const spec = { host: "127.0.0.1", port, sslMode };
      for (const given of [
        await failure(spec, { connectTimeoutMs: 50 }),
        await failure(spec, {}, { connectTimeoutMs: 50 }),
      ]) {
        expect(given.code).toBe("NODE_UNREACHABLE");
        expect(given.message).toBe(`No server answered at 127.0.0.1:${port} within 0.05 s.`);
      }
    }
  });

  it("says that the connection is closed without a word", async () => {
    const port = await listen((socket) => socket.destroy());
    const { code, message } = await failure({ host: "127.0.0.1", port });
    expect(code).toBe("NODE_UNREACHABLE");
    expect(message).toContain("closed the connection");
  });

  it("says that TLS is refused", async () => {
    const port = await listen((socket) => socket.write("N"));
    const { code, message } = await failure({ host: "127.0.0.1", port, sslMode: "require" });
    expect(code).toBe("TLS_UNAVAILABLE");
    expect(message).toContain('"require"');
  });

  it("says that the TLS handshake fails", async () => {
    let letter = "S";
    const port = await listen((socket) => {
      socket.write(letter);
      letter = "no TLS at all";
    });
    const { code } = await failure({ host: "127.0.0.1", port, sslMode: "require" });
    expect(code).toBe("TLS_FAILED");
  });

  it("tells the reason of a failed TLS handshake in words, not in the form of OpenSSL", async () => {
    const port = await listen(brokenTls);
    const { code, message } = await failure({ host: "127.0.0.1", port, sslMode: "require" });
    expect(code).toBe("TLS_FAILED");
    expect(message).toMatch(
      /^The TLS connection to 127\.0\.0\.1:\d+\/app failed: [a-z][a-z0-9 ]+\.$/,
    );
  });

  it.each([
    ["as PostgreSQL sends it now", errorResponse("sorry, too many clients already")],
    ["without a length", "Ecould not fork new process for connection: Out of memory\n\0"],
  ])("tells the error that answers the request for TLS, %s", async (_, text) => {
    const port = await listen((socket) => socket.end(text, "latin1"));
    for (const sslMode of ["require", "prefer", "disable"] as const) {
      const { code, message } = await failure({ host: "127.0.0.1", port, sslMode });
      expect(code).toMatch(/CONNECTION_FAILED|TOO_MANY_CONNECTIONS/);
      expect(message).toMatch(/: (sorry, too many clients already|could not fork .* memory)\./);
    }
  });

  it("falls back to plain, where the mode is prefer, from a handshake that fails", async () => {
    const refusal = errorResponse("no entry for you", "28000");
    const port = await listen((socket, data) => {
      if (isTlsRequest(data) || data[0] === tlsHandshake) {
        brokenTls(socket, data);
      } else {
        socket.end(refusal, "latin1");
      }
    });
    const { code, message } = await failure({ host: "127.0.0.1", port, sslMode: "prefer" });
    expect(code).toBe("NODE_AUTH_FAILED");
    expect(message).toMatch(/no entry for you\. TLS was tried first and failed: [a-z ]+\.$/);
    const { message: allowed } = await failure({ host: "127.0.0.1", port, sslMode: "allow" });
    expect(allowed).toContain("no entry for you");
  });

  it("shows no password in any error, nor in its cause", async () => {
    const port = await listen((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    for (const spec of [{ host: "127.0.0.1", port }, { host: "db.invalid" }]) {
      expect(inspect(await failure(spec), { depth: 9, showHidden: true })).not.toContain("hunter2");
    }
  });

  it("gives up at once when it is aborted, with the signal's reason", async () => {
    const controller = new AbortController();
    const reason = new Error("interrupted");
    const port = await listen(() => controller.abort(reason));
    const node = nodeOf({ host: "127.0.0.1", port });
    // Longer than a test may take.
    const options = { applicationName: "test", connectTimeoutMs: 600_000 };
    for (const moment of ["while it waits", "before it starts"]) {
      const connecting = connectNode(node, { ...options, signal: controller.signal });
      await expect(connecting, moment).rejects.toBe(reason);
    }
  });
});

describe("connectNode, for many nodes at once", () => {
  it("makes no warning of one signal for all", async () => {
    const warnings: string[] = [];
    const onWarning = (warning: Error) => warnings.push(warning.message);
    process.on("warning", onWarning);
    const port = await listen((socket) => socket.destroy());
    const { signal } = new AbortController();
    const attempts = Array.from({ length: 50 }, () =>
      failure({ host: "127.0.0.1", port }, { signal }),
    );
    await Promise.all(attempts);
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", onWarning);
    expect(warnings).toEqual([]);
  });
});

describe("waitForNode, where no server is", () => {
  it("says once what it waits for, until it is aborted", async () => {
    const port = await listen(() => {});
    await new Promise((resolve) => servers.pop()?.server.close(resolve));
    const controller = new AbortController();
    const reason = new Error("interrupted");
    const told: string[] = [];
    const waiting = waitForNode(nodeOf({ host: "127.0.0.1", port }), {
      applicationName: "test",
      signal: controller.signal,
      pauseMs: 1,
      onWaiting: (message) => {
        told.push(message);
        setTimeout(() => controller.abort(reason), 50);
      },
    });
    await expect(waiting).rejects.toBe(reason);
    expect(told).toEqual([`No server accepts connections at 127.0.0.1:${port}.`]);
  });
});
