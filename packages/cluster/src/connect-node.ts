import { lookup } from "node:dns/promises";
import { setMaxListeners } from "node:events";
import { isIP, Socket } from "node:net";
import { defaults } from "@pg-mig/model";
import type { Client } from "pg";
import { afterAwake } from "./awake-timer.js";
import { connectError } from "./connect-error.js";
import { type ConnectFailure, chooseFailure, mayFallBack, unanswered } from "./connect-failure.js";
import type { Node } from "./node.js";
import { passwordOf } from "./pass-file.js";
import { type TlsAttempt, tlsAttempts } from "./tls-attempts.js";

/** So much of a server's first answer is kept: its own error, if it is one. */
const answerBytes = 2000;

export interface ConnectNodeOptions {
  /** What `pg_stat_activity` shows for the connection. */
  readonly applicationName: string;
  /** How long each address has to answer and to let us in. @default what the node says, or 10000 */
  readonly connectTimeoutMs?: number | undefined;
  /** Gives up, rejecting with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Told of a password file that is there and not used. */
  readonly onNote?: ((message: string) => void) | undefined;
}

/** A connection to a node. */
export type NodeClient = Client & {
  /** What the server reported last of one of its parameters, as libpq's PQparameterStatus. */
  getParameterStatus(name: string): string | undefined;
};

/**
 * Connects to a node. The client is ready for queries; who gets it must `end()` it.
 *
 * A host name with several addresses is tried address by address, each with the whole timeout.
 * TCP keep-alive is on. The client has an `error` listener, so a connection that breaks while idle
 * does not end the process; its next query rejects.
 *
 * @throws PgMigError `NODE_UNREACHABLE`, `NODE_AUTH_FAILED`, `DATABASE_MISSING`, `NODE_STARTING`,
 * `TOO_MANY_CONNECTIONS`, `NOT_POSTGRES`, `TLS_UNAVAILABLE`, `TLS_FAILED`, `TLS_FILE_UNREADABLE` or
 * `CONNECTION_FAILED`.
 */
export async function connectNode(node: Node, options: ConnectNodeOptions): Promise<NodeClient> {
  const { signal, connectTimeoutMs = node.connectTimeoutMs ?? defaults.connectTimeoutMs } = options;
  signal?.throwIfAborted();
  // Many nodes are connected to at once under one signal: that is no leak to warn of.
  if (signal !== undefined) {
    setMaxListeners(0, signal);
  }
  const { password, problem } = await passwordOf(node);
  if (problem !== undefined) {
    options.onNote?.(problem);
  }
  const encryptions = await tlsAttempts(node);
  const told = {
    password: password === undefined ? "missing" : "set",
    passFileProblem: problem,
    connectTimeoutMs,
  } as const;
  const addresses = await addressesOf(node).catch((error) => {
    throw connectError(node, unanswered(error), told);
  });
  let failure = unanswered(undefined);
  for (const host of addresses) {
    for (const tls of encryptions) {
      const outcome = await connectOnce(node, {
        ...options,
        connectTimeoutMs,
        host,
        tls,
        password,
      });
      if ("client" in outcome) {
        return outcome.client;
      }
      signal?.throwIfAborted();
      failure = tls === encryptions[0] ? outcome : chooseFailure(failure, outcome);
      if (!mayFallBack(outcome)) {
        break;
      }
    }
    // A server that has answered is the one that was meant.
    if (failure.answer !== undefined) {
      break;
    }
  }
  throw connectError(node, failure, told);
}

interface ConnectAttempt extends ConnectNodeOptions {
  readonly connectTimeoutMs: number;
  /** The address itself: an IP address or a socket directory. */
  readonly host: string;
  readonly tls: TlsAttempt;
  readonly password: string | undefined;
}

async function connectOnce(
  node: Node,
  { applicationName, connectTimeoutMs, signal, host, tls, password }: ConnectAttempt,
): Promise<{ readonly client: NodeClient } | ConnectFailure> {
  // Loaded here, so that a program that only parses hosts never loads it.
  const { Client } = await import("pg");
  signal?.throwIfAborted();
  const socket = new Socket();
  let answer: string | undefined;
  socket.once("data", (data) => {
    answer = data.toString("latin1", 0, answerBytes);
  });
  let passwordAsked = false;
  const client = new Client({
    host,
    port: node.port,
    database: node.database,
    user: node.user,
    application_name: applicationName,
    // A function, so that pg neither shows the password nor looks for one by itself.
    password: () => {
      passwordAsked = true;
      return password ?? "";
    },
    ssl: tls,
    // Else pg takes it from the environment, and throws where it does not fit.
    sslnegotiation: "postgres",
    stream: () => socket,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  sendAtStart(client, node.startupParameters);
  client.on("error", () => {});
  const parameters = keepParameters(client);
  let encrypted = false;
  client.connection.once("sslconnect", () => {
    client.connection.stream.once("secureConnect", () => {
      encrypted = true;
    });
  });
  let timedOut = false;
  const cancelTimeout = afterAwake(connectTimeoutMs, () => {
    timedOut = true;
    socket.destroy();
  });
  const abort = () => socket.destroy();
  signal?.addEventListener("abort", abort);
  try {
    await client.connect();
    // What psql calls HOST: the name, not the address that it led to.
    client.host = node.host;
    return { client: Object.assign(client, { getParameterStatus: parameters }) };
  } catch (error) {
    socket.destroy();
    const encryption = tls === false ? "plain" : encrypted ? "tls" : "tls-asked";
    return { error, encryption, passwordAsked, timedOut, answer };
  } finally {
    cancelTimeout();
    signal?.removeEventListener("abort", abort);
  }
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

async function addressesOf({ host }: Node): Promise<string[]> {
  if (host.startsWith("/") || isIP(host) !== 0) {
    return [host];
  }
  const addresses = await lookup(host, { all: true });
  return addresses.map(({ address }) => address);
}
