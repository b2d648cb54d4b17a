import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** A server that speaks just enough of PostgreSQL's protocol to say OK to every query. */
export interface RecordingServer {
  readonly port: number;
  /** The texts of the queries since the last call, in order. */
  take(): string[];
  close(): Promise<void>;
}

/** Starts a {@link RecordingServer} on 127.0.0.1. It serves one client at a time. */
export async function startRecordingServer(): Promise<RecordingServer> {
  let queries: string[] = [];
  const server = createServer((socket) => serve(socket, (query) => queries.push(query)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    take() {
      const taken = queries;
      queries = [];
      return taken;
    },
    async close() {
      server.close();
      await once(server, "close");
    },
  };
}

const sslRequest = 80877103;
const gssRequest = 80877104;

function serve(socket: Socket, onQuery: (query: string) => void): void {
  let input = Buffer.alloc(0);
  let started = false;
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Buffer) => {
    input = Buffer.concat([input, chunk]);
    for (;;) {
      const headerLength = started ? 1 : 0;
      if (input.length < headerLength + 4) {
        return;
      }
      const length = headerLength + input.readInt32BE(headerLength);
      if (input.length < length) {
        return;
      }
      const message = input.subarray(0, length);
      input = input.subarray(length);
      if (!started) {
        const request = message.readInt32BE(4);
        if (request === sslRequest || request === gssRequest) {
          socket.write("N");
        } else {
          started = true;
          socket.write(greeting);
        }
      } else if (message[0] === 0x51 /* Q */) {
        onQuery(message.subarray(5, -1).toString("utf8"));
        socket.write(complete);
      } else if (message[0] === 0x58 /* X */) {
        socket.end();
      }
    }
  });
}

function message(type: string, ...parts: (string | Buffer)[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) => (typeof part === "string" ? Buffer.from(`${part}\0`) : part)),
  );
  const header = Buffer.alloc(5);
  header.write(type, 0, "latin1");
  header.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

const ready = message("Z", Buffer.from("I"));
const complete = Buffer.concat([message("C", "SET"), ready]);
const greeting = Buffer.concat([
  message("R", Buffer.alloc(4)),
  message("S", "server_version", "15.18"),
  message("S", "client_encoding", "UTF8"),
  message("S", "server_encoding", "UTF8"),
  message("S", "standard_conforming_strings", "on"),
  message("K", Buffer.alloc(8)),
  ready,
]);
