import { isPgMigError, PgMigError, quoteIdentifier } from "@pg-mig/model";
import {
  answeredError,
  breaksTls,
  type ConnectFailure,
  connectionLimitOf,
  isNotPostgres,
  refusesTls,
  sqlStateOf,
  systemCodeOf,
} from "./connect-failure.js";
import type { Node } from "./node.js";
import { renderEndpoint } from "./node-address.js";

/** What a user is told about a failure. */
interface Explanation {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export interface ConnectErrorOptions {
  readonly password: "set" | "missing";
  /** Why the password file was not used, if one is there. */
  readonly passFileProblem: string | undefined;
  /** The password file that the password comes from. */
  readonly passFileUsed?: string | undefined;
  readonly connectTimeoutMs: number;
}

/** Makes the error that a user sees of an attempt to connect that failed. Pure. */
export function connectError(
  node: Node,
  failure: ConnectFailure,
  options: ConnectErrorOptions,
): PgMigError {
  // It says what is wrong before any server is asked, or with what the server asked.
  if (isPgMigError(failure.error)) {
    return failure.error;
  }
  const { code, message, hint } = explainSilence(node, failure, options) ??
    explainRefusal(node, failure, options) ??
    explainTls(node, failure) ?? {
      code: "CONNECTION_FAILED",
      message: `Connecting to ${node.name} failed: ${serverWordsOf(failure)}.`,
      hint: "Look into the server's log.",
    };
  const { overTls } = failure;
  const before =
    overTls === undefined ? "" : ` TLS was tried first and failed: ${serverWordsOf(overTls)}.`;
  return new PgMigError(message + before, {
    code,
    hint,
    where: { node: node.label },
    cause: failure.error,
  });
}

/** Nothing answered, or not PostgreSQL. */
function explainSilence(
  node: Node,
  failure: ConnectFailure,
  { connectTimeoutMs }: ConnectErrorOptions,
): Explanation | undefined {
  const endpoint = renderEndpoint(node);
  const unreachable = (message: string, hint: string) => ({
    code: "NODE_UNREACHABLE",
    message,
    hint,
  });
  const checkAddress = "Check host and port in the setting `hosts` or the setting `port`";
  if (isNotPostgres(failure)) {
    return {
      code: "NOT_POSTGRES",
      message: `Something answers at ${endpoint}, but it is not a PostgreSQL server.`,
      hint: `${checkAddress}.`,
    };
  }
  if (failure.timedOut) {
    return unreachable(
      `No server answered at ${endpoint} within ${connectTimeoutMs / 1000} s.`,
      `${checkAddress}, and whether a firewall drops the packets.`,
    );
  }
  switch (systemCodeOf(failure.error)) {
    case "ECONNREFUSED":
      return unreachable(
        `No server accepts connections at ${endpoint}.`,
        `Start PostgreSQL there. ${checkAddress}.`,
      );
    case "ENOENT":
      return unreachable(
        `There is no socket of a PostgreSQL server in ${node.host} for port ${node.port}.`,
        "Start PostgreSQL, or correct the directory and the port.",
      );
    case "EACCES":
    case "EPERM":
      return unreachable(
        `The operating system does not allow a connection to ${endpoint}.`,
        "Check the permissions of the socket and the firewall of this machine.",
      );
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EAI_NODATA":
    case "EAI_NONAME":
      return unreachable(
        `The host name "${node.host}" cannot be resolved.`,
        "Correct its spelling, or check the name service of this machine.",
      );
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "EADDRNOTAVAIL":
    case "ETIMEDOUT":
      return unreachable(
        `There is no way to ${endpoint} on the network.`,
        `${checkAddress}, the network, and whether a VPN is needed.`,
      );
    default:
      return failure.answer === undefined
        ? unreachable(
            `${endpoint} closed the connection before it was made.`,
            "Look into the log of the server, or of the proxy in front of it.",
          )
        : undefined;
  }
}

/** The server answered, and does not let us in. */
function explainRefusal(
  node: Node,
  failure: ConnectFailure,
  { password, passFileProblem, passFileUsed }: ConnectErrorOptions,
): Explanation | undefined {
  const who = `user "${node.user}"`;
  const sqlState = loginStateOf(failure.error);
  if (failure.passwordAsked && password === "missing" && [undefined, "28P01"].includes(sqlState)) {
    return {
      code: "NODE_AUTH_FAILED",
      message: `${node.name} asks for the password of ${who}, and none is set.${passFileProblem === undefined ? "" : ` ${passFileProblem}`}`,
      hint: "Give it in the setting `password`, in the list of hosts or in ~/.pgpass.",
    };
  }
  switch (sqlState) {
    case "28P01": {
      const origin = passwordOrigin(node, passFileUsed);
      // To a client it looks the same.
      const expired = "If it is right, it has expired: VALID UNTIL of the role says when.";
      return {
        code: "NODE_AUTH_FAILED",
        message: `${node.name} does not accept the password of ${who}${origin === undefined ? "" : `, which comes from ${origin}`}.`,
        hint:
          origin === undefined
            ? `Correct the setting \`user\` or the setting \`password\`. ${expired}`
            : `Correct it in ${origin}, or correct the user. ${expired}`,
      };
    }
    case "28000":
      return {
        code: "NODE_AUTH_FAILED",
        message: `${node.name} does not let ${who} in: ${wordsOf(failure.error)}.`,
        hint: `Correct the setting \`user\` or the setting \`sslMode\`, allow the login in pg_hba.conf, or let the role log in: ALTER ROLE ${quoteIdentifier(node.user)} LOGIN;`,
      };
    case "42501":
      return {
        code: "NODE_AUTH_FAILED",
        message: `${node.name} does not let ${who} in: ${wordsOf(failure.error)}.`,
        hint: `Let the database's owner or a superuser run: GRANT CONNECT ON DATABASE ${quoteIdentifier(node.database)} TO ${quoteIdentifier(node.user)};`,
      };
    case "3D000":
      return {
        code: "DATABASE_MISSING",
        message: `There is no database "${node.database}" at ${renderEndpoint(node)}.`,
        hint: "Correct its name in the setting `database`, or have it created with the setting `createDatabase`.",
      };
    case "57P03":
      return {
        code: "NODE_STARTING",
        message: `${node.name} does not accept connections now: ${wordsOf(failure.error)}.`,
        hint: "Try again in a while; with the setting `createDatabase` a run waits for a server that is starting.",
      };
    case "53300":
      return {
        code: "TOO_MANY_CONNECTIONS",
        message: `${node.name} has no free connection: ${wordsOf(failure.error)}.`,
        hint: `A run needs one connection for its lock and one for each shard that it works on at a time. ${roomFor(node, failure.error)}`,
      };
    // A value that the server does not take; a parameter that a pooler does not.
    case "22023":
    case "08P01":
      if (!/parameter/.test(wordsOf(failure.error))) {
        return undefined;
      }
      return {
        code: "CONNECTION_FAILED",
        message: `${node.name} refuses a setting of the connection: ${wordsOf(failure.error)}.`,
        hint: "Correct or unset PGTZ, PGDATESTYLE, PGGEQO or PGOPTIONS.",
      };
    default:
      return undefined;
  }
}

/** The SQLSTATE; PgBouncer reports a wrong password as a violation of the protocol. */
function loginStateOf(error: unknown): string | undefined {
  const sqlState = sqlStateOf(error);
  return sqlState === "08P01" && /authentication failed/.test(wordsOf(error)) ? "28P01" : sqlState;
}

/** Where a password comes from that is none of the settings. */
function passwordOrigin({ passwordFrom }: Node, passFile: string | undefined): string | undefined {
  return passwordFrom === "spec"
    ? "the URL, connection string, service or discovery source that names the node"
    : passFile;
}

/** What makes room for more connections. */
function roomFor({ user, database }: Node, error: unknown): string {
  const close = "Close other connections";
  switch (connectionLimitOf(error)) {
    case "role":
      return `${close} of this user, or raise its limit: ALTER ROLE ${quoteIdentifier(user)} CONNECTION LIMIT n;`;
    case "database":
      return `${close} to this database, or raise its limit: ALTER DATABASE ${quoteIdentifier(database)} CONNECTION LIMIT n;`;
    default:
      return `${close} to the server, raise its max_connections, or lower the setting \`parallelism\`.`;
  }
}

function explainTls(node: Node, failure: ConnectFailure): Explanation | undefined {
  if (refusesTls(failure)) {
    return {
      code: "TLS_UNAVAILABLE",
      message: `${node.name} offers no TLS, but sslmode "${node.sslMode}" wants it.`,
      hint: "Switch on ssl in the server, or set PGSSLMODE to prefer or disable.",
    };
  }
  if (failure.encryption === "plain" || sqlStateOf(failure.error) !== undefined) {
    return undefined;
  }
  if (breaksTls(failure) && failure.answer !== "S") {
    return {
      code: "CONNECTION_FAILED",
      message: `${node.name} answers the request for TLS with an error: ${serverWordsOf(failure)}.`,
      hint: "Look into the server's log.",
    };
  }
  // The server has agreed to TLS and no word of its own has come through it.
  if (
    failure.answer === "S" &&
    (failure.encryption === "tls-asked" || systemCodeOf(failure.error) !== undefined)
  ) {
    return {
      code: "TLS_FAILED",
      message: `The TLS connection to ${node.name} failed: ${wordsOf(failure.error)}.`,
      hint: "Check PGSSLMODE, PGSSLROOTCERT, and the certificate of the server.",
    };
  }
  return undefined;
}

/** What the server said, where `pg` has lost it; else the error's own words. */
function serverWordsOf({ error, answer = "" }: ConnectFailure): string {
  const said = sqlStateOf(error) === undefined ? answeredError(answer) : undefined;
  return said === undefined ? wordsOf(error) : said.replace(/[.:\s]+$/, "");
}

function wordsOf(error: unknown): string {
  const words = opensslReason(error) ?? (error instanceof Error ? error.message : String(error));
  return words.replace(/[.:\s]+$/, "");
}

/** OpenSSL's message has the place in its source; `reason` is the part for people. */
function opensslReason(error: unknown): string | undefined {
  if (!(error instanceof Error)) {
    return undefined;
  }
  if ("reason" in error && typeof error.reason === "string") {
    return error.reason;
  }
  return /:SSL routines:[^:]*:([^:]+):/.exec(error.message)?.[1];
}
