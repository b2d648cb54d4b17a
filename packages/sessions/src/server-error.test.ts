import { PgMigError } from "@pg-mig/model";
import { describe, expect, it } from "vitest";
import { isConnectionLoss, isInterruption, retryReason, serverWords } from "./server-error.js";

function serverError(code: string, fields: object = {}): Error {
  return Object.assign(new Error("said the server"), { severity: "ERROR", code, ...fields });
}

describe("retryReason", () => {
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
  ])("knows %s", (_, error, reason) => {
    expect(retryReason(error)).toBe(reason);
  });
});

describe("isConnectionLoss", () => {
  it.each([
    ["a broken socket", new Error("Connection terminated unexpectedly"), true],
    ["an administrator's command", serverError("57P01"), true],
    ["a crash of another backend", serverError("57P02"), true],
    ["a server that starts", serverError("57P03"), true],
    ["a failed statement", serverError("42601"), false],
    ["a cancelled statement", serverError("57014"), false],
    ["a bug", new TypeError("x is not a function"), false],
  ])("judges %s", (_, error, lost) => {
    expect(isConnectionLoss(error)).toBe(lost);
  });
});

describe("isInterruption", () => {
  it("is what a cancel request leads to, and nothing else that a server says", () => {
    expect(isInterruption(serverError("57014"))).toBe(true);
    expect(isInterruption(serverError("55P03"))).toBe(false);
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
});
