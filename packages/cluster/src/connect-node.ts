import { setMaxListeners } from "node:events";
import { isIP } from "node:net";
import { defaults, PgMigError } from "@pg-mig/model";
import { afterAwake } from "./awake-timer.js";
import { connectOnce, type NodeClient } from "./connect-attempt.js";
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
import type { Encryption } from "./open-stream.js";
import { passwordOf } from "./pass-file.js";
import { sessionAttributesProblem } from "./session-attributes.js";

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
      const timeoutMs = timeoutOf(node, options);
      const cancelTimeout = afterAwake(timeoutMs, () => outcome.connection.stream.destroy());
      const problem = await unsuitable(outcome, attributes).finally(cancelTimeout);
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
  const { signal, onNote } = options;
  const connectTimeoutMs = timeoutOf(node, options);
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

function timeoutOf(node: Node, options: Pick<ConnectNodeOptions, "connectTimeoutMs">): number {
  return options.connectTimeoutMs ?? node.connectTimeoutMs ?? defaults.connectTimeoutMs;
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

async function unsuitable(
  client: NodeClient,
  wanted: string | undefined,
): Promise<string | undefined> {
  if (wanted === undefined || wanted === "any") {
    return undefined;
  }
  const recovery = client.getParameterStatus("in_hot_standby");
  const readOnly = client.getParameterStatus("default_transaction_read_only");
  // A pooler may not report them.
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

/** In a random order (Fisher and Yates). */
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

async function addressesOf({ host, hostaddr }: NodeEndpoint): Promise<string[]> {
  const address = hostaddr ?? host;
  if (address.startsWith("/") || isIP(address) !== 0) {
    return [address];
  }
  if (hostaddr !== undefined) {
    throw new Error(`the hostaddr of ${host} is no IP address`);
  }
  // Loaded only for a name: many clusters are given as addresses.
  const { lookup } = await import("node:dns/promises");
  const addresses = await lookup(host, { all: true });
  return addresses.map(({ address: found }) => found);
}
