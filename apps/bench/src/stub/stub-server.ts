import { once } from "node:events";
import { createServer } from "node:net";
import { answerQuestions } from "../traffic/answer-questions.js";
import { ConnectionCounter } from "../traffic/traffic.js";
import { serveStub } from "./stub-connection.js";
import { StubNode } from "./stub-node.js";

// The stub of a cluster, a program of its own: `stub-server.js <nodes> <schema> …` listens on a port for
// every node, all with the same schemas.

const [count = "1", ...schemas] = process.argv.slice(2);
const firstPid = 1000;
const counters: ConnectionCounter[] = [];
const ports: number[] = [];
for (let n = 0; n < Number(count); n++) {
  const node = new StubNode(String(7_000_000_000_000_000_000n + BigInt(n)), schemas);
  const server = createServer({ noDelay: true }, (socket) => {
    const counter = new ConnectionCounter();
    serveStub(socket, { node, pid: firstPid + counters.push(counter), counter });
  });
  server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 });
  await once(server, "listening");
  const address = server.address();
  ports.push(typeof address === "object" && address !== null ? address.port : 0);
}
answerQuestions(ports, () => counters.map(({ traffic }) => traffic));
