import { takeShardSql } from "@pg-mig/ledger";
import { parseScript } from "@pg-mig/psql-script";
import { judgeTransactions, parseLimits } from "@pg-mig/sql-rules";
import { describe, expect, it } from "vitest";
import { stepScript } from "./executor.test.support.js";
import { stepMessages } from "./step-messages.js";
import type { StepScript } from "./step-script.js";

function messagesOf(text: string, more: Partial<StepScript> = {}) {
  const ledger = { shard: "sh1", schemaOid: 1, entries: [], storedHash: undefined };
  return stepMessages({
    shard: "sh1",
    version: "1.a.sh",
    ledger,
    step: stepScript("1.a.sh", { sql: text, ...more }),
    lockTimeoutMs: 2000,
    recorder: {
      takeSql: () => takeShardSql(ledger),
      takeFailure: () => undefined,
      isNotStored: () => false,
      checkSql: () => [],
      record: () => ({ sql: ["SELECT 'record'"], ledger }),
      replan: () => Promise.reject(new Error("nothing is planned")),
    },
  });
}

function formOf(text: string) {
  const script = parseScript(text, { file: "1.a.sh.up.sql" });
  const { limits } = parseLimits(script, "version");
  const { transaction, own } = judgeTransactions(script, limits, "version");
  return { transaction, own };
}

describe("stepMessages", () => {
  it.each([
    [
      "bodies of functions",
      "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETURN 1;\nEND\n$$;\n",
    ],
    ["strings", "INSERT INTO t VALUES ('\nROLLBACK\n');\n"],
    ["SQL bodies", "CREATE FUNCTION f() RETURNS int\nBEGIN ATOMIC\n  SELECT 1;\nEND;\n"],
  ])("gives each piece of a large file, whatever stands in %s", async (_, statement) => {
    const text = statement.repeat((600 * 1024) / statement.length);
    const { messages, fileAsItStands } = await messagesOf(text);
    expect(fileAsItStands).toBe(false);
    expect(messages).toHaveLength(4);
    expect(messages.at(-1)).toBe("COMMIT");
    expect(messages.join("").replaceAll(/\n/g, "")).toContain(text.replaceAll(/\n/g, ""));
  });

  it("shows a file as it stands whose COPY gets its data from there", async () => {
    const text = "COPY t FROM stdin;\n1\n\\.\nSELECT 1;\n";
    const { messages, fileAsItStands } = await messagesOf(text);
    expect(fileAsItStands).toBe(true);
    expect(messages[1]).toBe(text);
  });

  it.each([
    "COMMIT;\n\\echo x\nVACUUM;\nBEGIN;\n",
    "SELECT 1;\nCOMMIT;\n\\echo x\nSELECT 2;\n",
    "BEGIN;\n\\echo x\nSELECT 1;\n",
    "\\echo x\nSELECT 1;\nCOMMIT;\nBEGIN;\nSELECT 2;\nCOMMIT;\n",
  ])("shows a file as it stands, and what is really sent around it: %j", async (text) => {
    const plainText = text.replace("\\echo x\n", "");
    const { messages, fileAsItStands } = await messagesOf(text, formOf(text));
    const plain = await messagesOf(plainText, formOf(plainText));
    expect({ fileAsItStands, of: plain.fileAsItStands }).toEqual({
      fileAsItStands: true,
      of: false,
    });
    const [before, shown, ...after] = messages;
    expect(before).toBe(plain.messages[0]);
    expect(shown).toBe(text.replace(/(SELECT 2;\n)COMMIT;\n$/, "$1"));
    expect(after.length).toBeGreaterThan(1);
    expect(plain.messages.slice(-after.length)).toEqual(after);
    expect(plain.messages.at(-after.length - 1)).toMatch(/^(?:SELECT \d|BEGIN);$/);
  });

  it.each([
    ["COMMIT;\nBEGIN;\nSELECT 1;\n", ["SELECT 'record'", "COMMIT"]],
    ["COMMIT;\nBEGIN;\nSELECT 1;\nROLLBACK TO s;\n", ["SELECT 'record'", "COMMIT"]],
    ["COMMIT;\nSELECT 1;\nBEGIN;\nCOMMIT AND CHAIN;\n", ["SELECT 'record'", "COMMIT"]],
  ])("follows the transactions of %j", async (text, end) => {
    const { messages } = await messagesOf(text, { transaction: "ends-transaction" });
    expect(messages.slice(-2)).toEqual(end);
  });
});
