import { once } from "node:events";
import { createServer } from "node:http";

/** What `GET /cluster` tells of a member. */
export interface Member {
  readonly name: string;
  readonly role: string;
  readonly host: string;
  readonly port: number;
}

/** An HTTP server that answers `GET /cluster` as Patroni's documentation says. */
export interface PatroniServer {
  readonly url: string;
  /** What it answers from now on; "nothing" takes a request and keeps silent. */
  answer: readonly Member[] | "nothing" | "503" | "nonsense";
  /** The login that the last request brought. */
  readonly login: string | undefined;
  close(): Promise<void>;
}

export async function startPatroni(
  scope: string,
  answer: PatroniServer["answer"],
): Promise<PatroniServer> {
  let login: string | undefined;
  const server = createServer((request, response) => {
    const [, encoded = ""] = request.headers.authorization?.split(" ") ?? [];
    login = Buffer.from(encoded, "base64").toString();
    if (patroni.answer === "nothing") {
      return;
    }
    if (request.url !== "/cluster") {
      response.writeHead(404).end();
    } else if (patroni.answer === "503") {
      response.writeHead(503).end();
    } else if (patroni.answer === "nonsense") {
      response.end("<html>");
    } else {
      const members = patroni.answer.map((member) => ({
        ...member,
        state: "running",
        api_url: `http://${member.host}:8008/patroni`,
        timeline: 5,
        ...(member.role === "leader" ? {} : { lag: 0 }),
      }));
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ members, scope }));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error("no port");
  }
  const patroni = {
    url: `http://127.0.0.1:${address.port}`,
    answer,
    get login() {
      return login;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return patroni;
}
