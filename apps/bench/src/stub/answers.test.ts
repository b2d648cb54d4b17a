import { ownRunLockSql, releaseRunLockSql, tryRunLockSql } from "@pg-mig/ledger";
import { describe, expect, it } from "vitest";
import { answerTo, type StubSession } from "./answers.js";
import { StubNode } from "./stub-node.js";

const dataRow = "D".charCodeAt(0);

describe("answerTo", () => {
  it("says of the run lock that the session which took it has it, for as long as it has", () => {
    const [holder, other] = [openSession(), openSession()];
    expect(rowsOf(ownRunLockSql, holder)).toBe(0);
    answerTo(tryRunLockSql, holder);
    expect(rowsOf(ownRunLockSql, holder)).toBe(1);
    expect(rowsOf(ownRunLockSql, other)).toBe(0);
    answerTo(releaseRunLockSql, holder);
    expect(rowsOf(ownRunLockSql, holder)).toBe(0);
  });
});

function openSession(): StubSession {
  return { node: new StubNode("1", []), pid: 1, status: "I", hasLock: false, pending: [] };
}

function rowsOf(sql: string, session: StubSession): number {
  return answerTo(sql, session).filter((message) => message[0] === dataRow).length;
}
