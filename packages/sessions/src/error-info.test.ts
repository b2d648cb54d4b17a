import { bugHint, PgMigError } from "@pg-mig/model";
import { ScriptError } from "@pg-mig/psql-script";
import { describe, expect, it } from "vitest";
import { errorInfo } from "./error-info.js";
import { connectionLost } from "./server-error.js";

const place = { node: "n1", shard: "sh1" };

const said = { severity: "ERROR", code: "42P13", detail: "the detail", hint: "the server's hint" };
const words = {
  message: "said the server",
  sqlState: "42P13",
  detail: "the detail",
  context: "PL/pgSQL function f()",
};

function serverError(fields: object = {}): Error {
  return Object.assign(new Error("said the server"), said, { where: words.context }, fields);
}

/** An error of the statement `SELECT f();`, in the second line of a file or in our part after it. */
function scriptError(
  part: "script" | "epilogue",
  code = "42P13",
  { hint, serverHint = said.hint }: { hint?: string; serverHint?: string | null } = {},
): ScriptError {
  const source = { file: "1.a.sh.up.sql", text: "-- one\nSELECT f();\n" };
  const rest = { name: "error", position: undefined, where: words.context };
  const server = { ...words, ...said, ...rest, code, hint: serverHint ?? undefined };
  const place = { part, source, offset: 14 };
  return new ScriptError("it failed", { code: "SCRIPT_FAILED", hint, ...place, server });
}

describe("errorInfo", () => {
  it("has all that an error of a file's statement says, and the more exact place", () => {
    expect(errorInfo(scriptError("script"), { ...place, line: 99 })).toEqual({
      code: "SCRIPT_FAILED",
      message: "1.a.sh.up.sql:2:8: it failed",
      excerpt: "SELECT f();\n       ^",
      server: { ...words, hint: "the server's hint" },
      where: { ...place, file: "1.a.sh.up.sql", line: 2, column: 8 },
    });
  });

  it("has no more than an error of ours has, and its own hint before any other", () => {
    const bare = new PgMigError("No.", { code: "NO" });
    expect(Object.entries(errorInfo(bare, place))).toEqual([
      ["code", "NO"],
      ["message", "No."],
      ["where", place],
    ]);
    const hinted = new PgMigError("No.", { code: "NO", hint: "Do it.", where: { node: "n2" } });
    expect(errorInfo(hinted, place)).toEqual({
      code: "NO",
      message: "No.",
      hint: "Do it.",
      where: { node: "n2", shard: "sh1" },
    });
  });

  it("says what to do about a ledger entry that could not be stored, and about no memory", () => {
    expect(errorInfo(scriptError("epilogue"), place).hint).toMatch(/^The file ran to its end/);
    expect(errorInfo(scriptError("epilogue", "42P13", { hint: "Do it." }), place).hint).toBe(
      "Do it.",
    );
    for (const part of ["script", "epilogue"] as const) {
      const { hint } = errorInfo(scriptError(part, "53200"), place);
      expect(hint).toContain("Raise max_locks_per_transaction");
    }
  });

  it("says which role a file needs that may not do what it does, unless the server has advice", () => {
    for (const [code, advice] of [
      ["42501", "make that role a member of the owner"],
      ["3F000", "GRANT USAGE, CREATE ON SCHEMA"],
    ] as const) {
      const { hint } = errorInfo(scriptError("script", code, { serverHint: null }), place);
      expect(hint).toContain(advice);
      expect(errorInfo(scriptError("script", code), place).hint).toBeUndefined();
    }
  });

  it("has what a server said to a statement of the tool's own, without advice for others", () => {
    expect(errorInfo(serverError(), place)).toEqual({
      code: "SERVER_REFUSED",
      message: "said the server",
      server: words,
      where: place,
    });
  });

  it("reports a lost connection, with the words of the server if there are any", () => {
    const reset = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
    expect(Object.entries(errorInfo(reset, place))).toEqual([
      ["code", "CONNECTION_LOST"],
      ["message", "read ECONNRESET"],
      ["where", place],
    ]);
    expect(errorInfo(serverError({ code: "57P01" }), place)).toMatchObject({
      code: "CONNECTION_LOST",
      server: { sqlState: "57P01" },
    });
    expect(errorInfo(connectionLost("It is gone."), place).code).toBe("CONNECTION_LOST");
  });

  it("reports everything else as a bug, whatever was thrown", () => {
    const bug = { code: "INTERNAL_ERROR", hint: bugHint, where: place };
    expect(errorInfo(new TypeError("x is not a function"), place)).toEqual({
      ...bug,
      message: "x is not a function",
    });
    expect(errorInfo("thrown", place)).toEqual({ ...bug, message: "thrown" });
  });
});
