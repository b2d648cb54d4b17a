import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ConnectionOptions } from "node:tls";

/**
 * How an attempt is encrypted: `none`; `asked`: if the server agrees, else in plain over the same
 * connection; `required`; `direct`: TLS from the first byte.
 */
export type Encryption = "none" | "asked" | "required" | "direct";

export interface OpenStreamOptions {
  /** An IP address, or the directory of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly encryption: Encryption;
  /** Asked for once the server has agreed: its files may be missing where they are not needed. */
  readonly tlsOptions: () => Promise<ConnectionOptions>;
  /** Told how far it got. */
  readonly onProgress: (step: StreamStep) => void;
}

export type StreamStep =
  | { readonly type: "connected" }
  /** The server's answer to the request for TLS, as many bytes as came. */
  | { readonly type: "answered"; readonly answer: Buffer }
  /** The server offers no TLS, and the connection goes on without. */
  | { readonly type: "plain" }
  | { readonly type: "encrypted" };

/** A message of PostgreSQL's protocol: its length, and the number that asks for TLS. */
const tlsRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/**
 * Connects a socket and, as libpq does, agrees with the server on TLS. `pg` would connect a second
 * time to a server without TLS, and cannot go on in plain.
 *
 * @returns the stream to speak PostgreSQL's protocol over, which nobody reads yet; the socket itself if it is
 * not encrypted
 */
export async function openStream(socket: Socket, options: OpenStreamOptions): Promise<Duplex> {
  const { host, port, encryption, tlsOptions, onProgress } = options;
  socket.setNoDelay(true);
  if (host.startsWith("/")) {
    socket.connect(`${host}/.s.PGSQL.${port}`);
  } else {
    socket.connect(port, host);
  }
  await happened(socket, "connect");
  onProgress({ type: "connected" });
  if (encryption === "none") {
    return socket;
  }
  if (encryption === "direct") {
    return encrypt(socket, { ...(await tlsOptions()), ALPNProtocols: ["postgresql"] }, onProgress);
  }
  socket.write(tlsRequest);
  const answer: Buffer = await happened(socket, "data");
  onProgress({ type: "answered", answer });
  const letter = answer.toString("latin1");
  if (letter === "N" && encryption === "asked") {
    onProgress({ type: "plain" });
    return socket;
  }
  // More than the letter would be plain text that somebody slipped in before the encryption.
  if (letter !== "S") {
    throw new Error(
      letter === "N"
        ? "the server does not support TLS"
        : "the server does not answer the request for TLS",
    );
  }
  return encrypt(socket, await tlsOptions(), onProgress);
}

async function encrypt(
  socket: Socket,
  options: ConnectionOptions,
  onProgress: OpenStreamOptions["onProgress"],
): Promise<Duplex> {
  const { connect } = await import("node:tls");
  const stream = connect({ ...options, socket });
  await happened(stream, "secureConnect");
  if (options.ALPNProtocols !== undefined && stream.alpnProtocol !== "postgresql") {
    throw new Error("the server does not confirm that it speaks PostgreSQL's protocol");
  }
  onProgress({ type: "encrypted" });
  return stream;
}

/** Waits for an event; rejects if the stream fails or ends before it. */
function happened<Value>(stream: Duplex, event: string): Promise<Value> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      stream.off(event, onEvent).off("error", onError).off("close", onClose).off("end", onClose);
      // An error that comes after must not end the process.
      stream.on("error", () => {});
      act();
    };
    const onEvent = (value: Value) => settle(() => resolve(value));
    const onError = (error: Error) => settle(() => reject(error));
    const onClose = () =>
      settle(() => reject(new Error("the server closed the connection unexpectedly")));
    stream.once(event, onEvent).once("error", onError).once("close", onClose).once("end", onClose);
  });
}
