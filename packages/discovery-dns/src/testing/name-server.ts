import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type Answer, decode, encode } from "dns-packet";

/** A DNS server on loopback. */
export interface NameServer {
  /** `host:port`, as `dns({ servers })` takes it. */
  readonly address: string;
  close(): void;
}

export interface NameServerOptions {
  readonly records: readonly Answer[];
  /** Whether it answers; "never" takes each question and keeps silent. @default "always" */
  readonly answers?: "always" | "never";
}

const nxdomain = 3;

/** Starts a DNS server over UDP that knows the given records and no others. */
export async function startNameServer({
  records,
  answers = "always",
}: NameServerOptions): Promise<NameServer> {
  const socket = createSocket("udp4");
  socket.on("message", (message, { address, port }) => {
    if (answers === "never") {
      return;
    }
    const { id, questions = [] } = decode(message);
    const [question] = questions;
    const named = records.filter(({ name }) => name === question?.name);
    const response = encode({
      id: id ?? 0,
      type: "response",
      flags: named.length === 0 ? nxdomain : 0,
      questions,
      answers: named.filter(({ type }) => type === question?.type),
    });
    socket.send(response, port, address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { address: `127.0.0.1:${socket.address().port}`, close: () => socket.close() };
}
