import { once } from "node:events";
import { type AddressInfo, connect, createServer, type NetConnectOpts } from "node:net";
import { PgMigError } from "@pg-mig/model";
import { ScriptError } from "@pg-mig/psql-script";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  connectionLost,
  isBug,
  isConnectionLoss,
  isInterruption,
  isOutOfMemory,
  retryReason,
  serverWords,
} from "./server-error.js";

function serverError(code: string, fields: object = {}): Error {
  return Object.assign(new Error("said the server"), { severity: "ERROR", code, ...fields });
}

/** As Node raises it: with a code that is no SQLSTATE. */
function socketError(code: string): Error {
  return Object.assign(new Error(`read ${code}`), { code, errno: -104, syscall: "read" });
}

/** An error of ours whose cause is a server's. */
function wrapped(code: string, cause: Error): PgMigError {
  return new PgMigError("wrapped", { code, cause });
}

/** An error of a statement in a file. */
function scriptError(code: string, more: object = {}): ScriptError {
  const none = { detail: undefined, hint: undefined, position: undefined, where: undefined };
  const fields = { severity: "ERROR", code, ...none };
  const server = Object.assign(new Error("said the server"), fields, more);
  const place = { source: undefined, offset: undefined };
  return new ScriptError("it failed", { code: "SCRIPT_FAILED", part: "script", ...place, server });
}

describe("retryReason", () => {
  it.each([
    ["XX000", { routine: "simple_heap_update" }, "serialization"],
    ["XX000", { routine: "elog" }, undefined],
    ["23505", { schema: "pg_catalog" }, "serialization"],
    ["23505", { schema: "sh0001" }, undefined],
  ])("looks at what a file did, alone or at COMMIT, too: %s with %j", (code, fields, reason) => {
    expect(retryReason(scriptError(code, fields))).toBe(reason);
    expect(retryReason(wrapped("COMMIT_REFUSED", serverError(code, fields)))).toBe(reason);
  });

  it("knows no reason for any other SQLSTATE, whatever else the server said", () => {
    const known = ["55P03", "40P01", "40001", "XX000", "23505"];
    const sqlState = fc.stringMatching(/^[0-9A-Z]{5}$/).filter((code) => !known.includes(code));
    fc.assert(
      fc.property(fc.oneof(sqlState, fc.constantFrom("40002", "40003", "55P02")), (code) => {
        const fields = { routine: "simple_heap_update", schema: "pg_catalog" };
        for (const error of [serverError(code, fields), scriptError(code, fields)]) {
          expect(retryReason(error)).toBeUndefined();
          expect(isBug(error)).toBe(false);
        }
      }),
    );
  });

  it.each([
    ["lock_not_available", serverError("55P03"), "lock-timeout"],
    ["deadlock_detected", serverError("40P01"), "deadlock"],
    ["serialization_failure", serverError("40001"), "serialization"],
    [
      "a function replaced by two at once",
      serverError("XX000", { routine: "simple_heap_update" }),
      "serialization",
    ],
    [
      "an object created by two at once",
      serverError("23505", { schema: "pg_catalog" }),
      "serialization",
    ],
    ["any other internal error", serverError("XX000", { routine: "elog" }), undefined],
    ["a duplicate key of a user", serverError("23505", { schema: "sh0001" }), undefined],
    ["a syntax error", serverError("42601"), undefined],
    ["no error of a server", new Error("ECONNRESET"), undefined],
    ["a broken socket, whose code is no SQLSTATE", socketError("40001"), undefined],
    ["what a script was told", scriptError("40P01"), "deadlock"],
    ["a COMMIT that was refused", wrapped("COMMIT_REFUSED", serverError("40001")), "serialization"],
    ["a node's state", wrapped("NODE_NOT_WRITABLE", serverError("55P03")), "lock-timeout"],
    ["any other error of ours", wrapped("NODE_UNREACHABLE", serverError("40001")), undefined],
  ])("knows %s", (_, error, reason) => {
    expect(retryReason(error)).toBe(reason);
  });
});

describe("isConnectionLoss", () => {
  it.each([
    "EADDRNOTAVAIL",
    "ECONNABORTED",
    "ECONNREFUSED",
    "ECONNRESET",
    "EHOSTDOWN",
    "EHOSTUNREACH",
    "ENETDOWN",
    "ENETRESET",
    "ENETUNREACH",
    "ENOTCONN",
    "ENOTFOUND",
    "EPIPE",
    "EPROTO",
    "ETIMEDOUT",
    "EAI_FAIL",
    "ERR_SSL_WRONG_VERSION_NUMBER",
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "ERR_SOCKET_CLOSED",
    "ERR_STREAM_DESTROYED",
    "CERT_HAS_EXPIRED",
    "CRL_HAS_EXPIRED",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "SELF_SIGNED_CERT_IN_CHAIN",
  ])("knows %s of Node, in an error of one address or of all", (code) => {
    const addresses = Object.assign(new AggregateError([socketError(code)], ""), { code });
    for (const error of [socketError(code), addresses]) {
      expect(isConnectionLoss(error)).toBe(true);
      expect(retryReason(error)).toBeUndefined();
    }
    // A call with a wrong argument, or a code that only ends so, is no network that failed.
    const mistakes = [TypeError, RangeError].map((kind) =>
      Object.assign(new kind("The port is wrong."), { code }),
    );
    for (const error of [...mistakes, socketError(`OTHER_${code}`)]) {
      expect(isConnectionLoss(error)).toBe(false);
      expect(isBug(error)).toBe(true);
    }
  });

  it.each([
    "Connection terminated",
    "Connection terminated unexpectedly",
    "timeout expired",
    "Query read timeout",
    "Client has encountered a connection error and is not queryable",
    "Client was closed and is not queryable",
    "Received unexpected parseComplete message from backend.",
    "The server does not support SSL connections",
    "There was an error establishing an SSL connection",
    "connection closed",
  ])("knows the driver's plain error %j, and no other that has these words", (words) => {
    expect(isConnectionLoss(new Error(words))).toBe(true);
    const others = [
      new TypeError(words),
      new RangeError(words),
      new Error(`Error: ${words}`),
      new Error(`${words}, or not`),
      Object.assign(new Error(words), { code: "ENOENT" }),
    ];
    for (const error of others) {
      expect(isConnectionLoss(error), String(error)).toBe(false);
      expect(isBug(error)).toBe(true);
    }
  });

  it.each([
    ["08006", true],
    ["08P01", true],
    ["57P01", true],
    ["57P04", true],
    ["57P05", true],
    ["57P06", false],
    ["57014", false],
    ["22008", false],
    ["0A000", false],
  ])("judges the SQLSTATE %s: %s", (code, lost) => {
    expect(isConnectionLoss(serverError(code))).toBe(lost);
    expect(isConnectionLoss(scriptError(code))).toBe(lost);
  });

  it("is a call of connect that fails, whatever its code, and none without a code", () => {
    const failure = (fields: object) => Object.assign(new Error("connect"), fields);
    expect(isConnectionLoss(failure({ code: "EACCES", syscall: "connect" }))).toBe(true);
    expect(isConnectionLoss(failure({ code: "EACCES", syscall: "open" }))).toBe(false);
    expect(isConnectionLoss(failure({ code: 13, syscall: "connect" }))).toBe(false);
    expect(isConnectionLoss(failure({ syscall: "connect" }))).toBe(false);
    expect(isConnectionLoss("Connection terminated")).toBe(false);
  });

  it("is what code that breaks a connection throws, with a hint", () => {
    expect(connectionLost("The session is gone.")).toMatchObject({
      message: "The session is gone.",
      code: "CONNECTION_LOST",
      hint: "Look into the server's log.",
    });
  });

  it.each([
    ["a broken socket", new Error("Connection terminated unexpectedly"), true],
    ["an administrator's command", serverError("57P01"), true],
    ["a crash of another backend", serverError("57P02"), true],
    ["a server that starts", serverError("57P03"), true],
    ["a failed statement", serverError("42601"), false],
    ["a cancelled statement", serverError("57014"), false],
    ["a bug", new TypeError("x is not a function"), false],
    ["a check of the tool's own that fails", new Error("No step to run: 1"), false],
    [
      "a file that is not there",
      Object.assign(new Error("no"), { code: "ENOENT", syscall: "open" }),
      false,
    ],
    ["a name that cannot be resolved", socketError("EAI_AGAIN"), true],
    ["a refusal of TLS", socketError("ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"), true],
    ["a client that was ended", new Error("Client was closed and is not queryable"), true],
    ["what breaks a connection itself", connectionLost("The run has ended."), true],
    ["a reset socket, with the code of Node", socketError("ECONNRESET"), true],
    ["a pipe that is closed", socketError("EPIPE"), true],
    ["a time-out of the network", socketError("ETIMEDOUT"), true],
    ["what a script says of it", wrapped("CONNECTION_LOST", socketError("ECONNRESET")), true],
    ["a session that ends at COMMIT", wrapped("COMMIT_REFUSED", serverError("57P01")), true],
    ["a constraint that fails at COMMIT", wrapped("COMMIT_REFUSED", serverError("23503")), false],
    ["a script's statement that failed", scriptError("42601"), false],
    ["a script whose session was ended", scriptError("57P01"), true],
    ["an abort", wrapped("SCRIPT_ABORTED", new Error("aborted")), false],
  ])("judges %s", (_, error, lost) => {
    expect(isConnectionLoss(error)).toBe(lost);
  });
});

describe("isBug", () => {
  const anyCode = fc.option(
    fc.oneof(fc.constantFrom("ENOENT", "EISDIR", "ERR_ASSERTION"), fc.string()),
  );

  it("is every error that nobody has foreseen, whatever its class, message and code", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(Error, TypeError, RangeError, ReferenceError, SyntaxError),
        fc.string({ minLength: 1 }),
        anyCode,
        (kind, message, code) => {
          const error = Object.assign(new kind(message), code === null ? {} : { code });
          expect(isBug(error)).toBe(!isConnectionLoss(error));
          expect(isConnectionLoss(error)).toBe(false);
          expect(retryReason(error)).toBeUndefined();
        },
      ),
    );
  });

  it("is none that servers, networks and our own checks raise, nor an abort", () => {
    const ours = new PgMigError("No nodes.", { code: "NODES_MISSING" });
    const aborted = AbortSignal.abort().reason;
    for (const error of [serverError("42601"), socketError("ECONNRESET"), ours, aborted]) {
      expect(isBug(error)).toBe(false);
    }
  });

  it("is a call of node:net with a port that there is not, whose code is like those of sockets", () => {
    const thrown = (() => {
      try {
        return connect({ port: 65_536 });
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toMatchObject({ code: "ERR_SOCKET_BAD_PORT" });
    expect(isConnectionLoss(thrown)).toBe(false);
    expect(isBug(thrown)).toBe(true);
  });

  it("is none that node:net raises for connections that cannot be made or are reset", async () => {
    const server = createServer((socket) => socket.resetAndDestroy()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const failure = async (options: NetConnectOpts) => {
      const socket = connect(options);
      socket.on("connect", () => socket.write("hello"));
      const [error] = await once(socket, "close").then(
        () => [undefined],
        (thrown) => [thrown],
      );
      return error;
    };
    const reset = await failure({ host: "127.0.0.1", port });
    const unknown = await failure({ host: "no-such-host.invalid", port });
    server.close();
    await once(server, "close");
    const refused = await failure({ host: "127.0.0.1", port });
    for (const error of [reset, unknown, refused]) {
      expect(isConnectionLoss(error), String(error)).toBe(true);
      expect(isBug(error)).toBe(false);
    }
  });
});

describe("isInterruption", () => {
  it("is what a cancel request leads to, and nothing else that a server says", () => {
    expect(isInterruption(serverError("57014"))).toBe(true);
    expect(isInterruption(serverError("55P03"))).toBe(false);
    expect(isInterruption(scriptError("57014"))).toBe(true);
    expect(isInterruption(wrapped("COMMIT_REFUSED", serverError("57014")))).toBe(true);
  });

  it("is an abort of a script between two messages, too", () => {
    expect(isInterruption(wrapped("SCRIPT_ABORTED", new Error("aborted")))).toBe(true);
    expect(isInterruption(wrapped("SCRIPT_FAILED", new Error("failed")))).toBe(false);
  });
});

describe("serverWords", () => {
  const cause = serverError("42P13", { hint: "Use DROP FUNCTION f() first." });
  const refused = (code: string) => serverWords(new PgMigError("refused", { code, cause }));

  it("has the server's hint for what files did, and not for statements of the tool's own", () => {
    expect(refused("COMMIT_REFUSED")).toMatchObject({ hint: "Use DROP FUNCTION f() first." });
    for (const words of [serverWords(cause), refused("NODE_NOT_WRITABLE")]) {
      expect(words).toMatchObject({ message: "said the server", sqlState: "42P13" });
      expect(words?.hint).toBeUndefined();
    }
  });

  it("is all that a server said, and nothing if it is no server that spoke", () => {
    const fields = { detail: "the detail", hint: "the hint", where: "PL/pgSQL function f()" };
    const error = serverError("42P13", fields);
    const said = {
      message: "said the server",
      sqlState: "42P13",
      detail: "the detail",
      context: "PL/pgSQL function f()",
    };
    expect(serverWords(error)).toEqual({ ...said, hint: undefined });
    expect(serverWords(wrapped("COMMIT_REFUSED", error))).toEqual({ ...said, hint: "the hint" });
    const ofServer = { name: "error", severity: "ERROR", code: "42P13", position: undefined };
    const server = { ...said, ...ofServer, ...fields };
    const place = { source: undefined, offset: undefined, code: "SCRIPT_FAILED" };
    const script = new ScriptError("it failed", { ...place, part: "script", server });
    expect(serverWords(script)).toEqual({ ...said, hint: "the hint" });
    const unsaid = new ScriptError("it failed", { ...place, part: "script" });
    for (const silent of [unsaid, socketError("ECONNRESET"), wrapped("OTHER", error), "x", null]) {
      expect(serverWords(silent)).toBeUndefined();
    }
  });
});

describe("isOutOfMemory", () => {
  it("is what a server says that has no room for a lock", () => {
    expect(isOutOfMemory(serverError("53200"))).toBe(true);
    expect(isOutOfMemory(scriptError("53200"))).toBe(true);
    expect(isOutOfMemory(serverError("53300"))).toBe(false);
    expect(isOutOfMemory(socketError("53200"))).toBe(false);
  });
});
