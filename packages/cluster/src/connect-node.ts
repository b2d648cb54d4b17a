import { setMaxListeners } from "node:events";
import { isIP, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { defaults, PgMigError } from "@pg-mig/model";
import type { Client } from "pg";
import { watchAuthentication } from "./authentication.js";
import { afterAwake } from "./awake-timer.js";
import { connectError } from "./connect-error.js";
import {
  type ConnectFailure,
  chooseFailure,
  mayFallBack,
  mayTryNext,
  unanswered,
} from "./connect-failure.js";
import type { Node } from "./node.js";
import { type NodeEndpoint, renderEndpoint } from "./node-address.js";
import { type Encryption, openStream } from "./open-stream.js";
import { passwordOf } from "./pass-file.js";
import { sessionAttributesProblem } from "./session-attributes.js";
import { tlsOptions } from "./tls-options.js";

/** So much of a server's first answer is kept: its own error, if it is one. */
const answerBytes = 2000;

export interface ConnectNodeOptions {
  /** What `pg_stat_activity` shows for the connection. */
  readonly applicationName: string;
  /** How long each address has to answer and to let us in. @default what the node says, or 10000 */
  readonly connectTimeoutMs?: number | undefined;
  /** Gives up, rejecting with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Told of a password file that is there and not used, and of a revocation list that is not there. */
  readonly onNote?: ((message: string) => void) | undefined;
  /** From 0 to 1, for `load_balance_hosts=random`. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** A connection to a node. */
export type NodeClient = Client & {
  /** What the server reported last of one of its parameters, as libpq's PQparameterStatus. */
  getParameterStatus(name: string): string | undefined;
};

/**
 * Connects to a node. The client is ready for queries; who gets it must `end()` it.
 *
 * The node's servers and their addresses are tried one by one by libpq's rules: the next one if nobody
 * is there or answers in time, or if the server is not what `target_session_attrs` wants. Each address
 * has the whole timeout.
 *
 * TCP keep-alive is on. The client has an `error` listener, so a connection that breaks while idle
 * does not end the process; its next query rejects.
 *
 * @throws PgMigError `NODE_UNREACHABLE`, `NODE_AUTH_FAILED`, `DATABASE_MISSING`, `NODE_STARTING`,
 * `TOO_MANY_CONNECTIONS`, `NOT_POSTGRES`, `TLS_UNAVAILABLE`, `TLS_FAILED`, `TLS_FILE_UNREADABLE`,
 * `LOGIN_NOT_ALLOWED`, `SERVER_UNSUITABLE` or `CONNECTION_FAILED`.
 */
export async function connectNode(node: Node, options: ConnectNodeOptions): Promise<NodeClient> {
  const { signal, random = Math.random } = options;
  signal?.throwIfAborted();
  // Many nodes are connected to at once under one signal: that is no leak to warn of.
  if (signal !== undefined) {
    setMaxListeners(0, signal);
  }
  const { target_session_attrs: wanted, load_balance_hosts: balance } = node.parameters;
  const mix = <Item>(items: readonly Item[]) =>
    balance === "random" ? shuffled(items, random) : items;
  const endpoints = mix(node.endpoints);
  const errors: PgMigError[] = [];
  for (const attributes of wanted === "prefer-standby" ? [wanted, "any"] : [wanted]) {
    errors.length = 0;
    for (const endpoint of endpoints) {
      const outcome = await connectEndpoint(node, { ...options, endpoint, mix });
      if ("failure" in outcome) {
        errors.push(outcome.error);
        if (!mayTryNext(outcome.failure)) {
          throw severalErrors(node, errors);
        }
        continue;
      }
      const problem = await unsuitable(outcome, attributes);
      if (problem === undefined) {
        return outcome;
      }
      await outcome.end();
      errors.push(notWanted(node, { endpoint, problem, wanted: attributes ?? "" }));
    }
  }
  throw severalErrors(node, errors);
}

interface EndpointAttempt extends ConnectNodeOptions {
  readonly endpoint: NodeEndpoint;
  readonly mix: <Item>(items: readonly Item[]) => readonly Item[];
}

async function connectEndpoint(
  node: Node,
  { endpoint, mix, ...options }: EndpointAttempt,
): Promise<NodeClient | { readonly failure: ConnectFailure; readonly error: PgMigError }> {
  const {
    signal,
    connectTimeoutMs = node.connectTimeoutMs ?? defaults.connectTimeoutMs,
    onNote,
  } = options;
  const { password, problem } = await passwordOf(node, endpoint);
  if (problem !== undefined) {
    onNote?.(problem);
  }
  const told = {
    password: password === undefined ? "missing" : "set",
    passFileProblem: problem,
    passFileUsed: node.password === undefined && password !== undefined ? node.passFile : undefined,
    connectTimeoutMs,
  } as const;
  const failed = (failure: ConnectFailure) => ({
    failure,
    error: connectError({ ...node, ...endpoint }, failure, told),
  });
  let addresses: readonly string[];
  try {
    addresses = mix(await addressesOf(endpoint));
  } catch (error) {
    return failed(unanswered(error));
  }
  let failure = unanswered(undefined);
  for (const host of addresses) {
    const encryptions = encryptionsOf(node, host);
    for (const encryption of encryptions) {
      const attempt = { ...options, connectTimeoutMs, endpoint, host, encryption, password };
      const outcome = await connectOnce(node, attempt);
      if ("client" in outcome) {
        return outcome.client;
      }
      signal?.throwIfAborted();
      failure = encryption === encryptions[0] ? outcome : chooseFailure(failure, outcome);
      if (!mayFallBack(outcome)) {
        break;
      }
    }
    if (!mayTryNext(failure)) {
      break;
    }
  }
  return failed(failure);
}

/** The ways that the SSL mode allows, in libpq's order. A Unix socket is never encrypted. */
function encryptionsOf({ sslMode, parameters }: Node, host: string): readonly Encryption[] {
  if (host.startsWith("/") || sslMode === "disable") {
    return ["none"];
  }
  if (sslMode === "allow") {
    return ["none", "asked"];
  }
  if (sslMode === "prefer") {
    return ["asked", "none"];
  }
  return [parameters.sslnegotiation === "direct" ? "direct" : "required"];
}

interface ConnectAttempt extends ConnectNodeOptions {
  readonly connectTimeoutMs: number;
  readonly endpoint: NodeEndpoint;
  /** The address itself: an IP address or a socket directory. */
  readonly host: string;
  readonly encryption: Encryption;
  readonly password: string | undefined;
}

async function connectOnce(
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
    return { client: Object.assign(client, { getParameterStatus: reported }) };
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

async function unsuitable(
  client: NodeClient,
  wanted: string | undefined,
): Promise<string | undefined> {
  if (wanted === undefined || wanted === "any") {
    return undefined;
  }
  const recovery = client.getParameterStatus("in_hot_standby");
  const readOnly = client.getParameterStatus("default_transaction_read_only");
  // A pooler passes on what it knows.
  const asked =
    recovery === undefined || readOnly === undefined
      ? await client.query(
          `SELECT pg_catalog.pg_is_in_recovery() AS recovery,
            pg_catalog.current_setting('default_transaction_read_only') AS read_only`,
        )
      : undefined;
  const row = asked?.rows[0];
  return sessionAttributesProblem(wanted, {
    inRecovery: row === undefined ? recovery === "on" : row.recovery === true,
    isReadOnly: (row === undefined ? readOnly : row.read_only) === "on",
  });
}

function notWanted(
  node: Node,
  {
    endpoint,
    problem,
    wanted,
  }: { readonly endpoint: NodeEndpoint; readonly problem: string; readonly wanted: string },
): PgMigError {
  return new PgMigError(
    `${renderEndpoint(endpoint)} cannot be used: ${problem}, and target_session_attrs is ${wanted}.`,
    {
      code: "SERVER_UNSUITABLE",
      hint: "Name the other servers of the node as well, or correct PGTARGETSESSIONATTRS.",
      where: { node: node.label },
    },
  );
}

/** One error for all servers of a node; that of the last one says what to do. */
function severalErrors(node: Node, errors: readonly PgMigError[]): PgMigError {
  const last = errors.at(-1);
  if (last === undefined) {
    throw new Error(`The node ${node.name} has no server.`);
  }
  if (errors.length === 1) {
    return last;
  }
  const { code, hint, where } = last;
  return new PgMigError(
    `None of the servers of ${node.label} can be used: ${errors.map(({ message }) => message).join(" ")}`,
    { code, ...(hint === undefined ? {} : { hint }), ...(where && { where }), cause: last },
  );
}

/** In an order by chance (Fisher and Yates). */
function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const [a, b] = [mixed[last], mixed[other]] as [Item, Item];
    mixed[last] = b;
    mixed[other] = a;
  }
  return mixed;
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

async function addressesOf({ host, hostaddr }: NodeEndpoint): Promise<string[]> {
  const address = hostaddr ?? host;
  if (address.startsWith("/") || isIP(address) !== 0) {
    return [address];
  }
  if (hostaddr !== undefined) {
    throw new Error(`the hostaddr of ${host} is no IP address`);
  }
  // Many clusters name addresses alone.
  const { lookup } = await import("node:dns/promises");
  const addresses = await lookup(host, { all: true });
  return addresses.map(({ address: found }) => found);
}
