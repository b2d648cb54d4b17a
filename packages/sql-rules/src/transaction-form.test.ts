import { parseScript } from "@pg-mig/psql-script";
import { describe, expect, it } from "vitest";
import { parseLimits } from "./limits.js";
import { committedPlaces, isOpenAfter } from "./own-transactions.js";
import { judgeTransactions } from "./transaction-form.js";

const judge = (text: string, kind: "version" | "hook" = "version") => {
  const script = parseScript(text, { file: "f.sql" });
  return judgeTransactions(script, parseLimits(script, "version").limits, kind);
};
const accept = (text: string) => {
  const judged = judge(text);
  expect(judged.problems).toEqual([]);
  return judged;
};
const messagesOf = (text: string, kind: "version" | "hook" = "version") =>
  judge(text, kind).problems.map(
    ({ where, message }) => `${where.line}:${where.column} ${message}`,
  );

const limitComment = "-- $parallelism_global = 2\n";

describe("a file that runs in one transaction", () => {
  it.each([
    ["nothing at all", ""],
    ["comments and semicolons", "-- x\n;;/* y */;"],
    ["ordinary statements", "CREATE TABLE t (a int); SELECT 1;"],
    ["savepoints", "SAVEPOINT s; ROLLBACK TO s; ROLLBACK WORK TO SAVEPOINT s; RELEASE s;"],
    ["words in strings and names", `SELECT 'COMMIT; VACUUM;' AS "BEGIN;";`],
    ["a body with BEGIN and END", "DO $$ BEGIN NULL; END $$;"],
    [
      "an SQL-standard body",
      "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END;",
    ],
    ["a prepared statement", "PREPARE transaction AS SELECT 1;"],
  ])("may hold %s", (_, text) => {
    expect(accept(text)).toMatchObject({ transaction: "wrapped" });
  });

  it("must not end or begin the transaction itself, if it is before.sql or after.sql", () => {
    expect(
      messagesOf(
        "BEGIN;\nSTART TRANSACTION;\nSELECT 1;\n  COMMIT;\nEND;\nROLLBACK;\nABORT;\nCOMMIT AND CHAIN;\nPREPARE TRANSACTION 'x';\nend work and chain;\nRollback And No Chain;\n",
        "hook",
      ),
    ).toEqual([
      "1:1 BEGIN in a file that runs in one transaction",
      "2:1 START TRANSACTION in a file that runs in one transaction",
      "4:3 COMMIT in a file that runs in one transaction",
      "5:1 END in a file that runs in one transaction",
      "6:1 ROLLBACK in a file that runs in one transaction",
      "7:1 ABORT in a file that runs in one transaction",
      "8:1 COMMIT AND CHAIN in a file that runs in one transaction",
      "9:1 PREPARE TRANSACTION in a file that runs in one transaction",
      "10:1 END AND CHAIN in a file that runs in one transaction",
      "11:1 ROLLBACK in a file that runs in one transaction",
    ]);
  });

  const largeObjects = [
    "BEGIN;",
    "",
    "SELECT pg_catalog.lo_open('16399', 131072);",
    "SELECT pg_catalog.lowrite(0, '\\x68656c6c6f');",
    "SELECT pg_catalog.lo_close(0);",
    "",
    "COMMIT;",
    "",
  ];
  it("may hold the BEGIN and COMMIT that pg_dump writes around large objects", () => {
    expect(accept(largeObjects.join("\n")).transaction).toBe("wrapped");
    expect(accept(largeObjects.join("\r\n")).transaction).toBe("wrapped");
  });
  it.each([
    ["another statement", largeObjects.with(1, "SELECT 1;")],
    ["a statement in the midst", largeObjects.with(4, "SELECT 1;")],
    ["an unclosed object", largeObjects.toSpliced(4, 1)],
    ["ROLLBACK", largeObjects.with(6, "ROLLBACK;")],
    ["a level", largeObjects.with(0, "BEGIN READ ONLY;")],
  ])("must not hold a BEGIN like theirs with %s", (_, lines) => {
    expect(messagesOf(lines.join("\n"), "hook")).toContain(
      "1:1 BEGIN in a file that runs in one transaction",
    );
  });

  it("must not do so behind \\; either", () => {
    expect(messagesOf("SELECT 1\\; COMMIT;", "hook")).toEqual([
      "1:1 COMMIT in a file that runs in one transaction",
    ]);
  });
});

describe("a file that is one command which PostgreSQL refuses in a transaction", () => {
  it("runs it outside, and drops the leftover of a CREATE INDEX first", () => {
    const text = `${limitComment};; -- x\nCREATE INDEX CONCURRENTLY ix ON t (a); /* y */ ;\n`;
    expect(accept(text)).toMatchObject({
      transaction: "concurrent",
      dropFirst: "ix",
      concurrentIndexes: ["ix"],
    });
  });

  it.each([
    ["CREATE UNIQUE INDEX CONCURRENTLY ix ON t (a)", "ix"],
    ["CREATE INDEX CONCURRENTLY IF NOT EXISTS ix ON ONLY t (a)", "ix"],
    ['CREATE INDEX CONCURRENTLY "a ""b""; -- c" ON t (a)', '"a ""b""; -- c"'],
    ["CREATE INDEX CONCURRENTLY Ix ON Other.t (a)", "Other.Ix"],
    ['CREATE INDEX CONCURRENTLY ix ON "my.db"."o;"."t" USING gin (a)', '"my.db"."o;".ix'],
    ["CREATE /* on */ INDEX -- on\nCONCURRENTLY\nix\nON\nt (a)", "ix"],
  ])("finds the index of %s", (sql, name) => {
    expect(accept(limitComment + sql)).toMatchObject({
      dropFirst: name,
      concurrentIndexes: [name],
    });
  });

  it.each([
    "CREATE INDEX CONCURRENTLY ON t (a)",
    "CREATE INDEX CONCURRENTLY :name ON t (a)",
    'CREATE INDEX CONCURRENTLY U&"d\\0061t" ON t (a)',
  ])("must name the index plainly, unlike %s", (sql) => {
    expect(messagesOf(limitComment + sql)).toEqual([
      "2:1 CREATE INDEX CONCURRENTLY without a plain name for the index",
    ]);
  });

  it("must limit how many shards build the index at a time", () => {
    expect(messagesOf("-- $delay = 5\nCREATE INDEX CONCURRENTLY ix ON t (a);")).toEqual([
      "2:1 CREATE INDEX CONCURRENTLY without a limit on how many shards run it at a time",
    ]);
    for (const limit of ["parallelism_per_host", "parallelism_global", "run_alone"]) {
      accept(`-- $${limit} = 1\nCREATE INDEX CONCURRENTLY ix ON t (a);`);
    }
    expect(messagesOf("-- $run_alone = 0\nCREATE INDEX CONCURRENTLY ix ON t (a);")).toHaveLength(1);
  });

  it("needs no limit in before.sql and after.sql", () => {
    const judged = judge("CREATE INDEX CONCURRENTLY ix ON t (a);", "hook");
    expect(judged).toMatchObject({ transaction: "concurrent", problems: [] });
  });

  it("drops an index, which must say IF EXISTS and needs no limit", () => {
    expect(accept("DROP INDEX CONCURRENTLY IF EXISTS ix;")).toMatchObject({
      transaction: "concurrent",
      dropFirst: undefined,
      concurrentIndexes: [],
    });
    expect(messagesOf("DROP INDEX CONCURRENTLY ix;")).toEqual([
      "1:1 DROP INDEX CONCURRENTLY without IF EXISTS",
    ]);
  });

  it.each(["VACUUM t;", "REINDEX INDEX CONCURRENTLY ix;", "ALTER SYSTEM SET work_mem = '5MB';"])(
    "may be %s",
    (text) => {
      expect(accept(text)).toMatchObject({ transaction: "concurrent", dropFirst: undefined });
    },
  );

  it("is not alone where a psql command stands beside it", () => {
    expect(messagesOf("\\ir other.sql\nVACUUM;")).toEqual([
      "2:1 VACUUM cannot run in a transaction",
    ]);
  });
});

describe("a file that starts with COMMIT", () => {
  it("runs what is between COMMIT and BEGIN outside", () => {
    const text = `${limitComment}
      COMMIT;
      DROP INDEX IF EXISTS ix;
      CREATE INDEX CONCURRENTLY ix ON t (a);
      BEGIN;
      COMMENT ON INDEX ix IS 'x';`;
    expect(accept(text)).toMatchObject({
      transaction: "ends-transaction",
      dropFirst: undefined,
      concurrentIndexes: ["ix"],
    });
  });

  it("may end and begin transactions again", () => {
    const text =
      "COMMIT AND NO CHAIN; VACUUM; BEGIN; SELECT 1; END; VACUUM t; START TRANSACTION; SELECT 2;";
    expect(accept(text)).toMatchObject({ transaction: "ends-transaction" });
  });

  it.each([
    ["DROP INDEX CONCURRENTLY IF EXISTS ix;", "ix"],
    ["DROP INDEX IF EXISTS a, ix CASCADE;", "ix"],
    ['DROP INDEX IF EXISTS "ix";', "IX"],
    ["DROP INDEX IF EXISTS other.ix;", "ix"],
    ['DROP INDEX IF EXISTS "a;b";', '"a;b"'],
  ])("may drop the leftover with %s", (drop, name) => {
    accept(`${limitComment}COMMIT; ${drop} CREATE INDEX CONCURRENTLY ${name} ON t (a); BEGIN;`);
  });

  it.each([
    ["no drop", "", "ix"],
    ["a drop without IF EXISTS", "DROP INDEX ix;", "ix"],
    ["a drop of another index", "DROP INDEX IF EXISTS ix2;", "ix"],
    ["a drop of another case", "DROP INDEX IF EXISTS ix;", '"IX"'],
    ["a drop in a string", "SELECT 'DROP INDEX IF EXISTS ix';", "ix"],
    ["a drop in a comment", "/* DROP INDEX IF EXISTS ix; */", "ix"],
  ])("lacks its drop with %s", (_, before, name) => {
    expect(
      messagesOf(
        `${limitComment}COMMIT; ${before} CREATE INDEX CONCURRENTLY ${name} ON t (a); BEGIN;`,
      ),
    ).toEqual([
      expect.stringContaining(
        `no DROP INDEX IF EXISTS ${name}; before its CREATE INDEX CONCURRENTLY`,
      ),
    ]);
  });

  it("lacks its drop where that is in another schema", () => {
    const drop = "DROP INDEX IF EXISTS other.ix;";
    const build = (table: string) =>
      `${limitComment}COMMIT; ${drop} CREATE INDEX CONCURRENTLY ix ON ${table} (a); BEGIN;`;
    accept(build("Other.t"));
    expect(messagesOf(build("another.t"))).toEqual([
      expect.stringContaining("no DROP INDEX IF EXISTS another.ix;"),
    ]);
  });

  it("does not take a drop behind the CREATE for one before it", () => {
    expect(
      messagesOf(
        `${limitComment}COMMIT; CREATE INDEX CONCURRENTLY ix ON t (a); DROP INDEX IF EXISTS ix; BEGIN;`,
      ),
    ).toHaveLength(1);
  });

  it("tells all that is missing at once", () => {
    expect(
      messagesOf("ALTER TABLE t ADD b int;\nCREATE INDEX CONCURRENTLY ix ON t (b);\nSELECT 1;\n"),
    ).toEqual([
      "2:1 CREATE INDEX CONCURRENTLY cannot run in a transaction, and the file does not start with COMMIT;",
      "2:1 no DROP INDEX IF EXISTS ix; before its CREATE INDEX CONCURRENTLY",
      "3:1 the file has no BEGIN; after what runs outside of a transaction",
      "2:1 CREATE INDEX CONCURRENTLY without a limit on how many shards run it at a time",
    ]);
  });

  it("must start so in before.sql and after.sql: what stands before would be committed alone", () => {
    expect(messagesOf("SELECT 1;\nCOMMIT;\nVACUUM;\nBEGIN;\n", "hook")).toEqual([
      "3:1 VACUUM cannot run in a transaction, and the file does not start with COMMIT;",
    ]);
  });

  it.each([
    ["ends outside of a transaction", "COMMIT;\nVACUUM;\n", "2:1 the file has no BEGIN; after"],
    ["only commits", "COMMIT;", "1:1 the file has no BEGIN; after"],
    ["commits twice", "COMMIT;\nCOMMIT;\nBEGIN;", "2:1 COMMIT outside of a transaction"],
    ["begins twice", "COMMIT;\nBEGIN;\nBEGIN;", "3:1 BEGIN inside of a transaction"],
    ["ends twice", "COMMIT;\nEND;\nBEGIN;", "2:1 END outside of a transaction"],
    [
      "starts twice",
      "COMMIT;\nBEGIN;\nSTART TRANSACTION;",
      "3:1 START TRANSACTION inside of a transaction",
    ],
    ["rolls back", "COMMIT;\nBEGIN;\nROLLBACK;", "3:1 ROLLBACK in a migration"],
    [
      "sends the command along with another",
      "COMMIT;\nSELECT 1\\; VACUUM;\nBEGIN;",
      "2:1 VACUUM cannot share a message with other commands",
    ],
    [
      "runs the command behind BEGIN",
      "COMMIT;\nBEGIN;\nVACUUM;",
      "3:1 VACUUM cannot run in a transaction",
    ],
  ])("is refused as a hook if it %s", (_, text, message) => {
    expect(messagesOf(text, "hook")).toEqual([expect.stringContaining(message)]);
  });
});

describe("a file that controls its transactions as it likes", () => {
  const ownOf = (text: string) => {
    const { transaction, own } = accept(text);
    expect(transaction).toBe("own-transactions");
    if (own === undefined) {
      throw new Error(`nothing in ${text} controls a transaction`);
    }
    const { beginsItself, lastCommitAt } = own;
    const committed = [...committedPlaces(parseScript(text, { file: "f.sql" }), own)];
    return {
      beginsItself,
      lastCommit: lastCommitAt === undefined ? undefined : text.slice(lastCommitAt),
      committedAt: committed.map(({ line, column }) => `${line}:${column}`),
    };
  };

  it("has its last COMMIT sent by the tool, with the change of the ledger", () => {
    expect(ownOf("BEGIN;\nCREATE TABLE t ();\nCOMMIT; -- done\n")).toEqual({
      beginsItself: true,
      lastCommit: "COMMIT; -- done\n",
      committedAt: [],
    });
    expect(ownOf("SELECT 1; END")).toMatchObject({ beginsItself: false, lastCommit: "END" });
    const echoed = "\\echo begins\nSELECT 1;\nCOMMIT;";
    expect(ownOf(echoed).lastCommit).toBe("COMMIT;");
    expect(accept(echoed).own).toMatchObject({ position: { line: 3 }, reconnectsAt: [] });
  });

  it.each([
    "SELECT 1; COMMIT; SELECT 2;",
    "SELECT 1; COMMIT AND CHAIN;",
    "SELECT 1\\; COMMIT;",
    "SELECT 1; COMMIT; \\echo done",
    "\\if :x\nCOMMIT;\n\\endif",
  ])("has no such COMMIT in %s", (text) => {
    expect(ownOf(text).lastCommit).toBeUndefined();
  });

  it("commits in batches, and runs outside what comes between them", () => {
    const text =
      "CREATE TABLE a ();\nCOMMIT;\nVACUUM a; SELECT 1;\nBEGIN;\nSELECT 2;\nCOMMIT;\nCALL p();\n";
    expect(ownOf(text)).toEqual({
      beginsItself: false,
      lastCommit: undefined,
      committedAt: ["2:1", "3:1", "3:11", "6:1", "7:1"],
    });
  });

  it("commits with a chain, too, and is in a transaction then", () => {
    const text = "SELECT 1;\nCOMMIT AND CHAIN;\nSELECT 2;\nEND AND CHAIN;\nSELECT 3;\nCOMMIT;\n";
    expect(ownOf(text).committedAt).toEqual(["2:1", "4:1"]);
    expect(messagesOf("SELECT 1;\nCOMMIT AND CHAIN;\nVACUUM;")).toEqual([
      "3:1 VACUUM cannot run in a transaction",
    ]);
  });

  it("has committed nothing with a COMMIT that comes first", () => {
    expect(ownOf("COMMIT;\nSELECT 1;\n").committedAt).toEqual(["2:1"]);
    expect(ownOf("BEGIN;\nSELECT 1;\nCOMMIT;\nSELECT 2;\n").committedAt).toEqual(["3:1", "4:1"]);
  });

  it.each([
    ["SELECT 1;", true, true],
    ["SELECT 1;", false, false],
    ["BEGIN\\; SELECT 1\\; COMMIT;", false, false],
    ["SELECT 1\\; BEGIN\\; SELECT 2;", false, true],
    ["SELECT 1;\nCOMMIT\\; BEGIN;\n", true, true],
    ["COMMIT AND CHAIN;", true, true],
    ["ROLLBACK;\nSELECT 1;", true, false],
    ["SELECT 1;\n\\c\n", true, false],
    ["SELECT 1;\n\\c\nBEGIN;\n", true, true],
    ["SELECT 1;\n\\c\nSELECT 2;\n", true, false],
  ])("after %j, where one was open: %s, has one open: %s", (text, before, after) => {
    expect(isOpenAfter(parseScript(text, { file: "f.sql" }), before)).toBe(after);
  });

  it.each([
    [
      "prepares a transaction",
      "SELECT 1;\nPREPARE TRANSACTION 'x';",
      "2:1 PREPARE TRANSACTION in a migration",
    ],
    [
      "runs in a transaction what cannot",
      "SELECT 1;\nVACUUM;",
      "2:1 VACUUM cannot run in a transaction",
    ],
    ["does so after BEGIN", "COMMIT;\nBEGIN;\nVACUUM;", "3:1 VACUUM cannot run in a transaction"],
    [
      "sends it along with another",
      "SELECT 1;\nCOMMIT;\nSELECT 1\\; VACUUM;",
      "3:1 VACUUM cannot share a message with other commands",
    ],
  ])("is refused if it %s", (_, text, message) => {
    expect(messagesOf(text)).toEqual([message]);
  });

  it.each(["ROLLBACK", "ABORT", "ROLLBACK AND CHAIN"])("is refused if it has %s", (sql) => {
    expect(messagesOf(`SELECT 1;\n${sql};`)).toEqual([`2:1 ${sql} in a migration`]);
  });

  it("runs outside of a transaction what comes after \\c", () => {
    const text = "SELECT 1;\n\\c -\nVACUUM;\nBEGIN;\nSELECT 2;\n\\connect\nSELECT 3;\n";
    expect(ownOf(text)).toEqual({
      beginsItself: false,
      lastCommit: undefined,
      committedAt: ["3:1", "7:1"],
    });
    const { own } = accept(text);
    expect(own?.position).toMatchObject({ line: 2 });
    expect(own?.reconnectsAt.map(({ line }) => line)).toEqual([2, 6]);
    expect(ownOf("\\c - - - -\n").committedAt).toEqual([]);
  });

  it.each([
    ["hook", "\\c -\n"],
    ["hook", "SELECT 1;\n\\c -\n"],
    ["hook", "COMMIT;\n\\c -\nBEGIN;"],
    ["version", `${limitComment}COMMIT;\n\\c -\nDROP INDEX CONCURRENTLY IF EXISTS ix;\nBEGIN;`],
  ] as const)("may not begin a session as a %s that is %j", (kind, text) => {
    expect(messagesOf(text, kind).join()).toMatch(/^\d:1 \\c in a file that runs in one session$/);
  });

  it("may not include a file that begins a session", () => {
    const script = parseScript("\\i b.sql\n", { file: "a.sql" });
    const includes = new Map([["/b.sql", parseScript("\\c -\n", { file: "b.sql" })]]);
    const judged = judgeTransactions(
      { ...script, includes },
      parseLimits(script, "version").limits,
      "version",
    );
    expect(judged.problems).toMatchObject([
      { message: "\\c in an included file", where: { file: "b.sql", line: 1 } },
    ]);
  });

  it("keeps the rules for what is built concurrently", () => {
    const sql = "DROP INDEX IF EXISTS ix;\nCREATE INDEX CONCURRENTLY ix ON t (a);";
    expect(messagesOf(`${limitComment}SELECT 1;\nCOMMIT;\n${sql}\nBEGIN;`)).toEqual([
      "5:1 CREATE INDEX CONCURRENTLY cannot run in a transaction, and the file does not start with COMMIT;",
    ]);
  });

  it("is none if all is as a file that starts with COMMIT should be", () => {
    expect(accept("COMMIT; VACUUM; BEGIN;").transaction).toBe("ends-transaction");
    expect(accept("COMMIT; VACUUM;").transaction).toBe("own-transactions");
  });
});
