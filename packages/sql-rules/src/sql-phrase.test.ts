import { parseScript } from "@pg-mig/psql-script";
import { describe, expect, it } from "vitest";
import { phrasesOf, phrasesToJudge } from "./sql-phrase.js";

/** The words of each command of a script, and the texts of its tokens. */
function phrases(text: string) {
  return parseScript(text, { file: "a.sql" })
    .statements.flatMap(phrasesOf)
    .map(({ words, tokens }) => ({ words, texts: tokens.map((token) => token.text) }));
}

describe("phrasesOf", () => {
  it("keeps all of a command that some rule is about, with its words in upper case", () => {
    expect(phrases('/* old */ drop Index "a;b" -- gone\n, c;')).toEqual([
      { words: ["DROP", "INDEX", "", "", "C"], texts: ["drop", "Index", '"a;b"', ",", "c"] },
    ]);
  });

  it("keeps the first word of any other command", () => {
    const insert = { words: ["INSERT"], texts: ["INSERT"] };
    expect(phrases("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2);")).toEqual([
      insert,
      insert,
    ]);
    expect(phrases("INSERT INTO t VALUES (';');")).toEqual([insert]);
    const [phrase] = parseScript("select 1;", { file: "a.sql" }).statements.flatMap(phrasesOf);
    expect(phrase?.tokens).toEqual([{ kind: "word", text: "SELECT", offset: 0 }]);
  });

  it("cuts what is sent as one message into its commands", () => {
    expect(phrases("SELECT 1 \\; COMMIT \\; select ';' \\; ;")).toEqual([
      { words: ["SELECT"], texts: ["SELECT"] },
      { words: ["COMMIT"], texts: ["COMMIT"] },
      { words: ["SELECT"], texts: ["select"] },
    ]);
  });

  it("finds none in comments, nor before a command without a word", () => {
    expect(phrases("/* nothing */;")).toEqual([]);
    expect(phrases("(SELECT 1);")).toEqual([{ words: [""], texts: ["("] }]);
  });
});

describe("phrasesToJudge", () => {
  it("leaves out what no rule is about, but for the last in a row", () => {
    const { statements } = parseScript(
      "SELECT 1; SELECT 2\\; VALUES (3);\nBEGIN; COMMIT;\nTABLE a; TABLE b;\nVACUUM; SELECT 9;",
      { file: "a.sql" },
    );
    const found = phrasesToJudge(statements);
    expect(found.map(({ words }) => words[0])).toEqual(
      "VALUES BEGIN COMMIT TABLE VACUUM SELECT".split(" "),
    );
    expect(found[3]?.statement.text).toBe("TABLE b;");
  });
});
