import { Socket } from "node:net";
import type { Client } from "pg";

/** What a server wants to see before it cancels the query of a backend. */
export interface BackendKey {
  readonly processId: number;
  readonly secretKey: number;
  /** The address that the connection reached; undefined for a Unix socket. */
  readonly address: string | undefined;
  /** The host and the port that it was opened with: those of one of the node's servers. */
  readonly host: string;
  readonly port: number;
}

/** The key of a connected client's backend; `undefined` if the server gave none. */
export function backendKeyOf(client: Client): BackendKey | undefined {
  // pg's types leave both fields out.
  const processId = "processID" in client ? client.processID : undefined;
  const secretKey = "secretKey" in client ? client.secretKey : undefined;
  if (typeof processId !== "number" || typeof secretKey !== "number") {
    return undefined;
  }
  const { stream } = client.connection;
  // A TLS stream passes on the address of the socket beneath it.
  const address = "remoteAddress" in stream ? stream.remoteAddress : undefined;
  return {
    processId,
    secretKey,
    address: typeof address === "string" ? address : undefined,
    host: client.host,
    port: client.port,
  };
}

export interface CancelBackendOptions {
  /** How long to wait until the server has taken the request. @default 5000 */
  readonly timeoutMs?: number;
}

/**
 * Asks a server to cancel what a backend runs now, which then fails with SQLSTATE 57014.
 *
 * Resolves when the server has taken the request, not when the query has ended; a query that the
 * client sends before the one it has is answered may be hit instead. Needs no free connection slot.
 * Never rejects: a server that cannot be reached has nothing to cancel that we could stop.
 *
 * The request goes over a new, unencrypted connection to the address that the client reached: a
 * host name might lead to another server by now.
 */
export function cancelBackend(
  key: BackendKey,
  { timeoutMs = 5000 }: CancelBackendOptions = {},
): Promise<void> {
  const request = Buffer.alloc(16);
  request.writeInt32BE(request.length, 0);
  // The protocol's version number for a CancelRequest.
  request.writeInt32BE(80_877_102, 4);
  request.writeInt32BE(key.processId, 8);
  request.writeInt32BE(key.secretKey, 12);
  return new Promise((resolve) => {
    const socket = new Socket();
    socket.setTimeout(timeoutMs, () => socket.destroy());
    socket.on("error", () => {});
    socket.on("close", () => resolve());
    // The server answers nothing and closes the connection when it has taken the request.
    socket.resume();
    if (key.host.startsWith("/")) {
      socket.connect(`${key.host}/.s.PGSQL.${key.port}`);
    } else {
      socket.connect(key.port, key.address ?? key.host);
    }
    socket.end(request);
  });
}
