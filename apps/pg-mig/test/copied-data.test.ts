import { describe, expect, it } from "vitest";
import { programMajor, runWithPsql, seenFrom } from "./psql-judge.js";
import { scenarios } from "./scenario.js";

const { scenario, cluster } = scenarios({ nodes: 1 });

/** citusdata/citus#8401 (headers, line breaks in quotes), mattes/migrate#316 (COPY at all). */
const csv = String.raw`
CREATE TABLE t(id int, word text, more text);
COPY t FROM stdin WITH (FORMAT csv, HEADER, DELIMITER ';', NULL 'none');
number;"a word; quoted";more
1;"two
lines; and ""quotes""";none
2;\N;"none"
3;"";it's -- no comment
\.
COPY t (word, id) FROM stdin WITH CSV QUOTE '''' ESCAPE '\';
'it\'s, :id',4
/* no comment */,5
\.
COPY t FROM stdin (DELIMITER '|', NULL '');
6|tab	and \\ and \x41|
\.
UPDATE t SET more = 'updated' WHERE id = 6;
`;

const rows = "SELECT * FROM t ORDER BY id";

describe("inline data of COPY", () => {
  it("is read with every option, and what follows it runs", async () => {
    const made = await scenario({ shards: ["sh1"] });
    await made.migrations({ "1.a.sh": csv });
    expect(await made.pgMig()).toMatchObject({ status: 0 });
    expect(await seenFrom(made, "sh1", rows)).toEqual([
      { id: 1, word: 'two\nlines; and "quotes"', more: null },
      { id: 2, word: "\\N", more: "none" },
      { id: 3, word: "", more: "it's -- no comment" },
      { id: 4, word: "it's, :id", more: null },
      { id: 5, word: "/* no comment */", more: null },
      { id: 6, word: "tab\tand \\ and A", more: "updated" },
    ]);
  });

  it.skipIf(programMajor("psql") === undefined)("is what psql makes of it", async (context) => {
    const made = await scenario({ shards: ["sh1"] });
    // An older psql sends the end of the data along, which a server from 18 on takes for data in CSV.
    const old = cluster().node.major >= 18 && (programMajor("psql") ?? 0) < 18;
    context.skip(old, "psql is older than the server");
    await made.migrations({ "1.a.sh": csv });
    await made.pgMig();
    await runWithPsql(made, "mig/1.a.sh.up.sql");
    expect(await seenFrom(made, "by_psql", rows)).toEqual(await seenFrom(made, "sh1", rows));
  });

  it("that does not fit is told with the line of the data, and nothing stays", async () => {
    const { migrations, pgMig, column } = await scenario({ shards: ["sh1"] });
    await migrations({
      "1.a.sh": "CREATE TABLE t(id int);\nCOPY t FROM stdin;\n1\n2\nthree\n\\.\n",
    });
    const { status, stdout } = await pgMig();
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /1\.a\.sh\.up\.sql:\d+(:\d+)?: invalid input syntax for type integer: "three"/,
    );
    expect(stdout).toContain("COPY t, line 3");
    expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
  });
});

describe("a statement of 10 MB", () => {
  it("is applied whole", async () => {
    const { migrations, pgMig, database } = await scenario({ shards: ["sh1"] });
    const values = Array.from({ length: 1000 }, (_, id) => `(${id}, '${"it''s; ".repeat(1500)}')`);
    await migrations({
      "1.a.sh": `CREATE TABLE t(id int, word text);\nINSERT INTO t VALUES\n${values.join(",\n")};\n`,
    });
    expect((await pgMig()).status).toBe(0);
    const sums = "SELECT count(*)::int, sum(length(word))::int FROM sh1.t";
    expect(await database.query(sums)).toEqual([{ count: 1000, sum: 1000 * 1500 * 6 }]);
  });
});
