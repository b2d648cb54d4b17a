import { parseScript } from "@pg-mig/psql-script";
import { describe, expect, it } from "vitest";
import { parseLimits } from "./limits.js";
import { judgeTransactions } from "./transaction-form.js";

function mayRunBeside(text: string) {
  const script = parseScript(`-- $run_alone = 1\n${text}`, { file: "f.sql" });
  const { limits } = parseLimits(script, "version");
  const { mayRunBeside, problems } = judgeTransactions(script, limits, "version");
  expect(problems).toEqual([]);
  return mayRunBeside;
}

const frame = (build: string) => `COMMIT;
  DROP INDEX CONCURRENTLY IF EXISTS ix;
  ${build};
  BEGIN;`;

describe("what may run beside a file", () => {
  it.each([
    ["one column", "CREATE INDEX CONCURRENTLY ix ON t (a)"],
    [
      "columns in any order",
      `CREATE UNIQUE INDEX CONCURRENTLY ix ON "T" (a DESC NULLS LAST, "b c")`,
    ],
    ["an access method", "CREATE INDEX CONCURRENTLY ix ON ONLY s.t USING gin (a jsonb_path_ops)"],
    [
      "a collation",
      `CREATE INDEX CONCURRENTLY ix ON t (a COLLATE pg_catalog."C" text_pattern_ops)`,
    ],
    [
      "columns beside, and where it is kept",
      "CREATE UNIQUE INDEX CONCURRENTLY ix ON t (a) INCLUDE (b) NULLS NOT DISTINCT WITH (fillfactor = 70) TABLESPACE x",
    ],
    ["words that mean something elsewhere", `CREATE INDEX CONCURRENTLY ix ON t ("where", a)`],
  ])("is other builds for an index of %s", (_, build) => {
    expect(mayRunBeside(`${build};`)).toBe("builds");
    expect(mayRunBeside(frame(build))).toBe("builds");
  });

  it.each([
    ["an expression", "CREATE INDEX CONCURRENTLY ix ON t ((a + b))"],
    ["a function", "CREATE INDEX CONCURRENTLY ix ON t (a, lower(b))"],
    ["some rows", "CREATE INDEX CONCURRENTLY ix ON t (a) WHERE b > 0"],
    [
      "some rows, and columns beside",
      "CREATE INDEX CONCURRENTLY ix ON t (a) INCLUDE (b) WHERE (b)",
    ],
    [
      "what the lexer does not know",
      "CREATE INDEX CONCURRENTLY ix ON t (a gist_trgm_ops(siglen=32))",
    ],
  ])("is nothing for an index of %s", (_, build) => {
    expect(mayRunBeside(`${build};`)).toBe("nothing");
    expect(mayRunBeside(frame(build))).toBe("nothing");
  });

  it.each([
    ["a reindexing, whose index may be any", "REINDEX INDEX CONCURRENTLY ix;"],
    [
      "a build that has other work behind it",
      `${frame("CREATE INDEX CONCURRENTLY ix ON t (a)")} UPDATE t SET a = 1;`,
    ],
    ["what psql commands may bring", "COMMIT;\n\\ir build.sql\nBEGIN;"],
  ])("is nothing for %s", (_, text) => {
    expect(mayRunBeside(text)).toBe("nothing");
  });

  it.each([
    ["one transaction", "ALTER TABLE t ADD COLUMN a int;"],
    ["nothing", ""],
    ["what waits for nobody else's table", "DROP INDEX CONCURRENTLY IF EXISTS ix;"],
    ["a VACUUM", "VACUUM t;"],
  ])("is transactions for %s", (_, text) => {
    expect(mayRunBeside(text)).toBe("transactions");
  });
});
