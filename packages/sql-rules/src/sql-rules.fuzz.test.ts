import { brokenText, fuzz } from "@pg-mig/fuzz";
import { parseScript } from "@pg-mig/psql-script";
import { it } from "vitest";
import { parseLimits } from "./limits.js";
import { judgeTransactions } from "./transaction-form.js";

it("reads every pseudo comment, or says what is wrong with it", () => {
  const comments = [
    "-- $parallelism_global = 5\nSELECT 1;\n",
    "-- $parallelism_per_host=2\n-- $delay=100\n",
    "-- $run_alone = 1\nCREATE INDEX CONCURRENTLY i ON t (a);\n",
  ];
  fuzz("pseudo comments", brokenText(comments, ["-- $", "$delay", "=", "-- ", "1"]), (text) =>
    parseLimits(parseScript(text, { file: "a.sql" }), "version"),
  );
});

it("judges the transactions of every script", () => {
  const scripts = [
    "BEGIN;\nCREATE TABLE t (id int);\nCOMMIT;\nVACUUM t;\n",
    'CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);\nDROP INDEX CONCURRENTLY a."b";\n',
    "SAVEPOINT a; ROLLBACK TO a; RELEASE a;\nSTART TRANSACTION; END; PREPARE TRANSACTION 'x';\n",
    "ALTER TYPE e ADD VALUE 'x'; \\; REINDEX TABLE CONCURRENTLY t;\n",
  ];
  const pieces = ["COMMIT", "BEGIN", "CONCURRENTLY", "INDEX", ";", "\\;", '"', "."];
  fuzz("transactions", brokenText(scripts, pieces), (text) => {
    const script = parseScript(text, { file: "a.sql" });
    return judgeTransactions(script, parseLimits(script, "version").limits, "version");
  });
});
