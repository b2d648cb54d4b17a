import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { beginJournalSql } from "./journal.js";
import { storeDigestSql } from "./node-ledger.js";
import { tryRunLockSql } from "./run-lock.js";
import { renderRunName } from "./run-name.js";
import { ledgerEntry, storeLedgerSql } from "./shard-ledger.js";
import { takeShardSql } from "./take-shard.js";

const page = await readFile(new URL("../../../docs/formats.md", import.meta.url), "utf8");

describe("docs/formats.md", () => {
  it("shows a ledger as it is stored", () => {
    const applied = new Date("2026-01-12T10:20:30Z");
    const entries = [
      { version: "20260105090000.initial.sh" },
      ledgerEntry("20260112101500.users.sh", "9b2e770d41c6a8f3".padEnd(64, "0"), applied),
    ];
    expect(page).toContain(`\`\`\`sql\n${storeLedgerSql("sh0001", entries).at(-1)}\n\`\`\``);
  });

  it("shows a digest as it is stored", () => {
    const digest =
      "20260112101500.a55a8feac5829d52005ce873930135ccafc335c5bf0d591981d68b1806944ddc";
    expect(page).toContain(`\`\`\`sql\n${storeDigestSql(digest).at(-1)}\n\`\`\``);
  });

  it("shows the table of the journal as it is made", () => {
    const run = { id: "", action: "", startedAt: "", codeDigest: "" };
    const statements = beginJournalSql(run, { exists: false, isSuperuser: true });
    const create = statements.find((sql) => sql.startsWith("CREATE TABLE"));
    expect(page).toContain(`\`\`\`sql\n${create}\n\`\`\``);
  });

  it("shows the keys of the locks", () => {
    expect(tryRunLockSql).toContain("(1885826408, 0)");
    expect(page).toContain("| run | `1885826408, 0` |");
    const ledger = { shard: "sh0001", schemaOid: 1, entries: [], storedHash: undefined };
    // printf sh0001 | sha256sum begins with these four bytes.
    expect(takeShardSql(ledger)[0]).toContain("(1885826407, 926084811)");
    expect(page).toContain("| shard | `1885826407`, and the first 4 bytes of the SHA-256");
  });

  it("shows the name of a run", () => {
    const since = new Date("2026-11-22T23:51:02Z");
    const name = renderRunName({ action: "apply", since, pid: 1234, host: "ci-7" });
    expect(page).toContain(`\`\`\`text\n${name}\n\`\`\``);
  });
});
