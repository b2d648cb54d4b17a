import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { answerQuestions } from "./answer-questions.js";
import { ConnectionCounter } from "./traffic.js";

// A program of its own, so that it is late for nobody: `relay.js <latency in ms> <host:port> …` listens on a
// port for every address. All data arrive so much later, in both directions and without waiting for each
// other.

const [latency = "0", ...addresses] = process.argv.slice(2);
const latencyMs = Number(latency);
const counters: ConnectionCounter[] = [];
const ports: number[] = [];
for (const address of addresses) {
  const at = address.lastIndexOf(":");
  const target = { host: address.slice(0, at), port: Number(address.slice(at + 1)), noDelay: true };
  const listener = createServer({ noDelay: true }, (client) => {
    const counter = new ConnectionCounter();
    counters.push(counter);
    const server = connect(target);
    carry(client, server, (bytes) => counter.fromClient(bytes));
    carry(server, client, () => counter.fromServer());
  });
  listener.listen({ port: 0, host: "127.0.0.1" });
  await once(listener, "listening");
  const own = listener.address();
  ports.push(typeof own === "object" && own !== null ? own.port : 0);
}
answerQuestions(ports, () => counters.map(({ traffic }) => traffic));

function carry(from: Socket, to: Socket, count: (bytes: Buffer) => void): void {
  from.on("error", () => to.destroy());
  from.on("data", (bytes: Buffer) => {
    later(() => {
      count(bytes);
      to.write(bytes);
    });
  });
  from.on("end", () => later(() => to.end()));
}

/** Timers of one length end in the order in which they began. */
function later(action: () => void): void {
  if (latencyMs === 0) {
    action();
  } else {
    setTimeout(action, latencyMs);
  }
}
