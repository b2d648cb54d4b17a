import type { Contender } from "./contender.js";
import {
  emptyLedger,
  LedgerSteps,
  type PlainLedger,
  sha256,
  storeLedgerSql,
} from "./plain-ledger.js";
import { psqlMissing, stepText } from "./psql.js";
import { psqlSessions } from "./psql-sessions.js";

export const psqlLedger: Contender = {
  name: "psql+ledger",
  about: "psql with the same writes of the ledger in the same transactions; no guard",
  missing: psqlMissing,
  program(turn) {
    const steps = new LedgerSteps();
    const at = `${new Date().toISOString().slice(0, 19)}Z`;
    return psqlSessions(turn, (shard) => {
      let ledger: PlainLedger = emptyLedger;
      const texts = turn.job.versions.map((version) => {
        ledger = steps.after(ledger, { name: version.name, checksum: sha256(version.sql) }, at);
        return stepText(shard, {
          ...version,
          sql: `${version.sql}${storeLedgerSql(shard, ledger)};`,
        });
      });
      return texts.join("");
    });
  },
};
