import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Client } from "pg";
import { watchAuthentication } from "./authentication.js";
import { afterAwake } from "./awake-timer.js";
import type { ConnectFailure } from "./connect-failure.js";
import type { Node } from "./node.js";
import type { NodeEndpoint } from "./node-address.js";
import { type Encryption, openStream } from "./open-stream.js";
import { tlsOptions } from "./tls-options.js";

/** So much of a server's first answer is kept: its own error, if it is one. */
const answerBytes = 2000;

/** How long a server has to take leave before its connection is simply broken. */
const farewellMs = 5000;

/** A connection to a node. */
export type NodeClient = Client & {
  /** What the server reported last of one of its parameters, as libpq's PQparameterStatus. */
  getParameterStatus(name: string): string | undefined;
};

/** One address of a node, and one way of encryption, to be tried once. */
export interface ConnectAttempt {
  readonly applicationName: string;
  readonly connectTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onNote?: ((message: string) => void) | undefined;
  readonly endpoint: NodeEndpoint;
  /** The address itself: an IP address or a socket directory. */
  readonly host: string;
  readonly encryption: Encryption;
  readonly password: string | undefined;
}

/**
 * Connects to an address once, and logs in; if that fails, gives what is known of the failure. The
 * client has an `error` listener.
 */
export async function connectOnce(
  node: Node,
  attempt: ConnectAttempt,
): Promise<{ readonly client: NodeClient } | ConnectFailure> {
  const { applicationName, connectTimeoutMs, signal, endpoint, host, encryption } = attempt;
  const { password, onNote } = attempt;
  const { parameters } = node;
  // Loaded here, so that a program that only parses hosts never loads it.
  const { Client } = await import("pg");
  signal?.throwIfAborted();
  const socket = new Socket();
  keepAlive(socket, parameters);
  let reached: ConnectFailure["encryption"] = encryption === "none" ? "plain" : "tls-asked";
  let connected = false;
  let answer: string | undefined;
  let timedOut = false;
  const cancelTimeout = afterAwake(connectTimeoutMs, () => {
    timedOut = true;
    socket.destroy();
  });
  const abort = () => socket.destroy();
  signal?.addEventListener("abort", abort);
  let login: ReturnType<typeof watchAuthentication> | undefined;
  try {
    const stream = await openStream(socket, {
      host,
      port: endpoint.port,
      encryption,
      tlsOptions: () => tlsOptions(node, endpoint.host, onNote),
      onProgress: (step) => {
        if (step.type === "connected") {
          connected = true;
          // There TLS is agreed on beforehand.
          answer = encryption === "direct" ? "S" : undefined;
        } else if (step.type === "answered") {
          answer = firstBytes(step.answer);
        } else {
          reached = step.type === "plain" ? "plain" : "tls";
          answer = step.type === "plain" ? undefined : "S";
        }
      },
    });
    if (reached === "plain") {
      socket.once("data", (data) => {
        answer = firstBytes(data);
      });
    }
    const isEncrypted = stream !== socket;
    const client = new Client({
      host,
      port: endpoint.port,
      database: node.database,
      user: node.user,
      application_name: nameWith(applicationName, parameters),
      // A function, so that pg neither shows the password nor looks for one by itself.
      password: () => login?.answer(password ?? "") ?? "",
      // The stream is encrypted already.
      ssl: false,
      sslnegotiation: "postgres",
      enableChannelBinding: isEncrypted && parameters.channel_binding !== "disable",
      stream: () => connectedStream(stream),
    });
    sendAtStart(client, node.startupParameters);
    client.on("error", () => {});
    login = watchAuthentication(client, {
      isEncrypted,
      rules: {
        requireAuth: parameters.require_auth,
        channelBinding: parameters.channel_binding,
      },
      node,
    });
    const reported = keepParameters(client);
    await client.connect();
    // What psql calls HOST: the name, not the address that it led to.
    client.host = endpoint.host;
    return { client: Object.assign(client, { getParameterStatus: reported, end: endOf(client) }) };
  } catch (error) {
    socket.destroy();
    return {
      error,
      encryption: reached,
      connected,
      passwordAsked: login?.passwordAsked() ?? false,
      authenticated: login?.isAccepted() ?? false,
      timedOut,
      answer,
    };
  } finally {
    cancelTimeout();
    signal?.removeEventListener("abort", abort);
  }
}

function firstBytes(data: Buffer): string {
  return data.toString("latin1", 0, answerBytes);
}

/** On, as by libpq; earlier than the system would, unless the settings say when. */
function keepAlive(
  socket: Socket,
  { keepalives, keepalives_idle: idle }: Node["parameters"],
): void {
  if (keepalives !== undefined && Number(keepalives) === 0) {
    return;
  }
  const delayMs = idle === undefined ? 10_000 : Math.max(Number(idle), 0) * 1000;
  socket.once("connect", () => socket.setKeepAlive(true, delayMs));
}

/** PostgreSQL cuts longer names off. */
const maxNameBytes = 63;

/** The tool's own name comes first: it is known by it. Servers would garble what is no plain ASCII. */
function nameWith(
  own: string,
  { application_name: name, fallback_application_name: fallback }: Node["parameters"],
): string {
  const user = (name || fallback || "").replace(/[^\x20-\x7e]/gu, "?");
  return user === "" ? own : `${own} ${user}`.slice(0, maxNameBytes);
}

/** A stream as `pg` wants it: one that it may connect, which is done already. */
function connectedStream(stream: Duplex): Duplex {
  return Object.assign(stream, {
    connect() {
      process.nextTick(() => stream.emit("connect"));
      return stream;
    },
  });
}

/** The farewell of `pg`, which waits for the server to hang up, and one that swallows all never does. */
function endOf(client: Client): () => Promise<void> {
  const end = client.end.bind(client) as () => Promise<void>;
  return async () => {
    const cancelTimeout = afterAwake(farewellMs, () => client.connection.stream.destroy());
    await end().finally(cancelTimeout);
  };
}

/** pg has no option for these: it sends only the ones that it knows. */
function sendAtStart(client: Client, parameters: Readonly<Record<string, string>>): void {
  const starting = client as Client & { getStartupConf(): Record<string, string> };
  const known = starting.getStartupConf();
  starting.getStartupConf = () => ({ ...known, ...parameters });
}

/** Keeps what the server reports of its parameters, which pg drops. */
function keepParameters({ connection }: Client): (name: string) => string | undefined {
  const values = new Map<string, string>();
  connection.on("parameterStatus", ({ parameterName, parameterValue }) => {
    values.set(parameterName, parameterValue);
  });
  return (name) => values.get(name);
}
