import { PgMigError } from "@pg-mig/model";
import { parseScript, ScriptError } from "@pg-mig/psql-script";
import { judgeTransactions, parseLimits } from "@pg-mig/sql-rules";
import { describe, expect, it } from "vitest";
import { whatStays } from "./what-stays.js";

const script = parseScript("SELECT 1;\nCOMMIT;\nVACUUM t; SELECT 2;\nSELECT 3;\n", {
  file: "f.sql",
});
const { own } = judgeTransactions(script, parseLimits(script, "version").limits, "version");
const failedAt = (line: number, column: number, code = "SCRIPT_FAILED") =>
  new PgMigError("x", { code, hint: "", where: { file: "f.sql", line, column } });
const version = { transaction: "own-transactions", own, script, dropFirst: undefined } as const;
const of = (error: unknown) => whatStays(version, error);

describe("whatStays", () => {
  it("is silent about a version that is all or nothing, and one that never began", () => {
    expect(
      whatStays({ ...version, transaction: "wrapped", own: undefined }, failedAt(4, 1)),
    ).toBeUndefined();
    expect(of(new PgMigError("x", { code: "SHARD_TAKEN", hint: "" }))).toBeUndefined();
  });

  it("names the line up to which the file has committed", () => {
    expect(of(failedAt(1, 1))).toContain("had committed nothing yet");
    expect(of(failedAt(2, 1))).toContain("had committed nothing yet");
    expect(of(failedAt(3, 1))).toContain("up to line 2 stays");
    expect(of(failedAt(3, 11))).toContain("up to line 3 stays");
    expect(of(failedAt(4, 1))).toContain("up to line 3 stays");
  });

  it("does not take the statement that failed for one that has committed", () => {
    expect(of(failedAt(3, 8))).toContain("up to line 2 stays");
    // Its data.
    expect(of(failedAt(9, 5))).toContain("up to line 3 stays");
    expect(of(failedAt(9, 5, "CONNECTION_LOST"))).toContain("up to line 4 may be committed");
  });

  it("says it of a file that starts with COMMIT and ends in a transaction, too", () => {
    const text = "COMMIT;\nCREATE TABLE t (id int);\nVACUUM nosuch;\nBEGIN;\n";
    const ending = parseScript(text, { file: "f.sql" });
    const step = {
      transaction: "ends-transaction",
      own: undefined,
      script: ending,
      dropFirst: undefined,
    } as const;
    expect(whatStays(step, failedAt(3, 1))).toContain("up to line 2 stays");
    expect(whatStays(step, failedAt(2, 14))).toContain("had committed nothing yet");
  });

  it("says that a build that failed may have left an invalid index", () => {
    const text = "CREATE INDEX CONCURRENTLY t_id ON t (id);";
    const build = parseScript(text, { file: "f.sql" });
    const step = {
      transaction: "concurrent",
      own: undefined,
      script: build,
      dropFirst: "t_id",
    } as const;
    const refused = (code: string) =>
      new ScriptError("x", {
        ...{ code: "SCRIPT_FAILED", part: "script", source: undefined, offset: undefined },
        server: Object.assign(new Error("x"), {
          ...{ severity: "ERROR", code, detail: undefined, hint: undefined },
          ...{ position: undefined, where: undefined },
        }),
      });
    expect(whatStays(step, refused("23505"))).toBe(
      "An invalid index t_id may be left: the next run drops it and builds it again.",
    );
    expect(whatStays(step, refused("42703"))).toBeUndefined();
    expect(whatStays(step, failedAt(1, 1, "INDEX_NAME_TAKEN"))).toBeUndefined();
    expect(whatStays({ ...step, dropFirst: undefined }, refused("23505"))).toBeUndefined();
  });

  it("does not know what became of a statement that got no answer", () => {
    expect(of(failedAt(1, 1, "CONNECTION_LOST"))).toContain("had committed nothing yet");
    expect(of(failedAt(2, 1, "CONNECTION_LOST"))).toContain("up to line 2 may be committed");
    expect(of(failedAt(4, 1, "CONNECTION_LOST"))).toContain("up to line 4 may be committed");
  });

  it("says that something stays, if it cannot say from where", () => {
    const elsewhere = new PgMigError("x", {
      code: "X",
      hint: "",
      where: { file: "g.sql", line: 1 },
    });
    for (const error of [elsewhere, new Error("x")]) {
      expect(of(error)).toContain("What the file had committed before that stays.");
    }
  });
});
