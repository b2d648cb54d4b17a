import { once } from "node:events";
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from "node:net";
import { isBug, isConnectionLoss } from "@pg-mig/sessions";
import { startNodes, startProxy, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

let cluster: TestCluster;
let database: TestDatabase;

beforeAll(async () => {
  cluster = await startNodes();
  database = await cluster.node.createDatabase();
});

afterAll(() => cluster.stop());

/** What a promise rejects with; a promise that resolves is an error of the test. */
async function rejection(promise: Promise<unknown>): Promise<unknown> {
  const resolved = Symbol();
  const reason = await promise.then(
    () => resolved,
    (error: unknown) => error,
  );
  expect(reason).not.toBe(resolved);
  return reason;
}

function verdict(error: unknown) {
  return { error, lost: isConnectionLoss(error), bug: isBug(error) };
}

/** A client that tells nobody of its end but whoever waits for an answer. */
function clientOf(options: pg.ClientConfig): pg.Client {
  const client = new pg.Client(options);
  client.on("error", () => {});
  onTestFinished(() => void client.end().catch(() => {}));
  return client;
}

async function connected(options: pg.ClientConfig = {}): Promise<pg.Client> {
  const client = clientOf({ connectionString: database.url, ...options });
  await client.connect();
  return client;
}

async function pidOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query("SELECT pg_backend_pid() AS pid");
  return rows[0].pid;
}

/** Listens where no PostgreSQL is; gives the port. */
async function listening(onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    onSocket(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

function connecting(options: pg.ClientConfig): Promise<unknown> {
  return rejection(clientOf({ user: "u", password: "p", database: "d", ...options }).connect());
}

/** How a connection that is up gets lost, by what happens to it. */
const losses: Readonly<Record<string, () => Promise<unknown>>> = {
  "a backend that is terminated while it works": async () => {
    const client = await connected();
    const pid = await pidOf(client);
    const answer = rejection(client.query("SELECT pg_sleep(600)"));
    await database.query(`SELECT pg_terminate_backend(${pid})`);
    return answer;
  },
  "a backend that was terminated before it is asked": async () => {
    const client = await connected();
    const pid = await pidOf(client);
    const ended = new Promise((resolve) => client.once("end", resolve));
    await database.query(`SELECT pg_terminate_backend(${pid})`);
    await ended;
    return rejection(client.query("SELECT 1"));
  },
  "a network that is cut while a query runs": async () => {
    await using proxy = await startProxy(database);
    const client = await connected({ connectionString: proxy.url });
    const answer = rejection(client.query("SELECT pg_sleep(600)"));
    await expect.poll(() => proxy.seen.join()).toContain("pg_sleep");
    proxy.cut();
    return answer;
  },
  "a socket that the tool destroys": async () => {
    const client = await connected();
    const answer = rejection(client.query("SELECT pg_sleep(600)"));
    (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy();
    return answer;
  },
  "a client that was ended": async () => {
    const client = await connected();
    await client.end();
    return rejection(client.query("SELECT 1"));
  },
  "a client that is ended while a query runs": async () => {
    const client = await connected();
    const answer = rejection(client.query("SELECT pg_sleep(600)"));
    void client.end().catch(() => {});
    (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy();
    return answer;
  },
  "an answer that does not come in time": async () => {
    const client = await connected({ query_timeout: 10 });
    return rejection(client.query("SELECT pg_sleep(600)"));
  },
  "a server that resets the connection": async () =>
    connecting({ host: "127.0.0.1", port: await listening((socket) => socket.resetAndDestroy()) }),
  "a server that hangs up": async () =>
    connecting({ host: "127.0.0.1", port: await listening((socket) => socket.destroy()) }),
  "a server that is silent": async () =>
    connecting({
      host: "127.0.0.1",
      port: await listening(() => {}),
      connectionTimeoutMillis: 20,
    }),
  "a port that nobody listens on": async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    return connecting({ host: "127.0.0.1", port });
  },
  "a host name with two addresses, and no answer from either": async () => {
    const socket = connectSocket({
      host: "two.invalid",
      port: 1,
      autoSelectFamily: true,
      lookup: (_host, _options, callback) =>
        callback(null, [
          { address: "127.0.0.1", family: 4 },
          { address: "127.0.0.2", family: 4 },
        ]),
    });
    const [error] = await once(socket, "error").catch((reason: unknown) => [reason]);
    return error;
  },
  "a host name that does not exist": async () => connecting({ host: "no-such-host.invalid" }),
  "a socket file that does not exist": async () => connecting({ host: "/nonexistent/directory" }),
  "a server without TLS": async () => {
    const port = await listening((socket) => socket.once("data", () => socket.write("N")));
    return connecting({ host: "127.0.0.1", port, ssl: true });
  },
  "a server that answers the request for TLS with nonsense": async () => {
    const port = await listening((socket) => socket.once("data", () => socket.write("X")));
    return connecting({ host: "127.0.0.1", port, ssl: true });
  },
  "a TLS handshake that breaks": async () => {
    const port = await listening((socket) => {
      socket.once("data", () => {
        socket.write("S");
        socket.once("data", () => socket.write("this is no TLS record"));
      });
    });
    return connecting({ host: "127.0.0.1", port, ssl: true });
  },
  "a TLS handshake that the server hangs up on": async () => {
    const port = await listening((socket) => {
      socket.once("data", () => {
        socket.write("S");
        socket.once("data", () => socket.destroy());
      });
    });
    return connecting({ host: "127.0.0.1", port, ssl: true });
  },
};

describe("an error of a lost connection, as the driver makes it", () => {
  it.each(Object.entries(losses))("is no bug: %s", async (_, lose) => {
    const error = await lose();
    expect(verdict(error)).toEqual({ error, lost: true, bug: false });
  });
});

/** What happens too rarely, or needs what a test cannot have: as Node makes it. */
const rareErrors = [
  { message: "getaddrinfo EAI_AGAIN db", code: "EAI_AGAIN", syscall: "getaddrinfo" },
  { message: "read ETIMEDOUT", code: "ETIMEDOUT", errno: -110, syscall: "read" },
  { message: "read EHOSTUNREACH", code: "EHOSTUNREACH", errno: -113, syscall: "read" },
  { message: "write EPIPE", code: "EPIPE", errno: -32, syscall: "write" },
  { message: "connect EMFILE", code: "EMFILE", errno: -24, syscall: "connect" },
  { message: "write after end", code: "ERR_STREAM_WRITE_AFTER_END" },
  { message: "Cannot call write after a stream was destroyed", code: "ERR_STREAM_DESTROYED" },
  { message: "Hostname/IP does not match", code: "ERR_TLS_CERT_ALTNAME_INVALID" },
  { message: "self-signed certificate", code: "DEPTH_ZERO_SELF_SIGNED_CERT" },
  { message: "self-signed certificate in certificate chain", code: "SELF_SIGNED_CERT_IN_CHAIN" },
  { message: "certificate has expired", code: "CERT_HAS_EXPIRED" },
  { message: "CRL has expired", code: "CRL_HAS_EXPIRED" },
  { message: "unable to verify the first certificate", code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" },
] as const;

describe("an error of a lost connection, as Node makes it", () => {
  it.each(rareErrors)("is no bug: $code", ({ message, ...fields }) => {
    const error = Object.assign(new Error(message), fields);
    expect(verdict(error)).toEqual({ error, lost: true, bug: false });
  });
});

describe("an error of a statement, as a server makes it", () => {
  it.each([
    ["a syntax error", "SELEC 1"],
    ["a division by zero", "SELECT 1/0"],
    [
      "a message of a user's own",
      "DO $$ BEGIN RAISE 'Connection terminated' USING errcode = 'P0001'; END $$",
    ],
    ["a timeout", "BEGIN; SET LOCAL statement_timeout = 1; SELECT pg_sleep(600)"],
  ])("is neither a loss nor a bug: %s", async (_, sql) => {
    const client = await connected();
    const error = await rejection(client.query(sql));
    expect(verdict(error)).toEqual({ error, lost: false, bug: false });
  });
});

/** Codes of Node that are no failure of a network. */
const otherCodes = [
  "ENOENT",
  "EACCES",
  "EISDIR",
  "EMFILE",
  "ERR_INVALID_ARG_TYPE",
  "ERR_ASSERTION",
];

describe("any other error", () => {
  it("is a bug, whatever its class and its message", () => {
    const classes = [Error, TypeError, RangeError, SyntaxError, ReferenceError, AggregateErrorOf];
    fc.assert(
      fc.property(
        fc.constantFrom(...classes),
        fc.oneof(
          fc.string(),
          fc.constantFrom(
            "The connection is terminated unexpectedly",
            "a file says: timeout expired",
            "ECONNRESET",
          ),
        ),
        fc.option(fc.constantFrom(...otherCodes), { nil: undefined }),
        (Class, message, code) => {
          const error = Object.assign(new Class(message), code === undefined ? {} : { code });
          expect(verdict(error)).toEqual({ error, lost: false, bug: true });
        },
      ),
    );
  });

  it("is a bug if a programmer's mistake has the code of a socket or the words of the driver", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(TypeError, RangeError),
        fc.constantFrom("Connection terminated", "timeout expired", "port"),
        fc.constantFrom(undefined, "ERR_SOCKET_BAD_PORT", "ERR_STREAM_NULL_VALUES"),
        (Class, message, code) => {
          const error = Object.assign(new Class(message), { code });
          expect(verdict(error)).toEqual({ error, lost: false, bug: true });
        },
      ),
    );
  });

  it("is a bug if it is no error at all", () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        expect(isBug(thrown)).toBe(true);
        expect(isConnectionLoss(thrown)).toBe(false);
      }),
    );
  });
});

class AggregateErrorOf extends AggregateError {
  constructor(message: string) {
    super([], message);
  }
}
