import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sqlText } from "../testing/sql-text.js";
import { parseScript } from "./parse-script.js";
import { leadingWords } from "./statement.js";

const parse = (text: string) => parseScript(text, { file: "a.sql" });
const texts = (text: string) => parse(text).statements.map((statement) => statement.text);

describe("parseScript", () => {
  it("gives each statement as psql sends it: no leading comments, no empty lines", () => {
    const script = parse("-- head\n\n select 1\n\n -- inner\n;\n/* c */ select 'a\n\nb'");
    expect(script.statements.map((statement) => statement.text)).toEqual([
      "select 1\n -- inner\n;",
      "/* c */ select 'a\n\nb'",
    ]);
    expect(script.statements.map(({ position }) => [position.line, position.column])).toEqual([
      [3, 2],
      [7, 1],
    ]);
  });

  it("counts columns in characters, behind a byte order mark too", () => {
    const [first, second] = parse("\ufeffselect '𝒳é'; select 2;").statements;
    expect(first?.position).toEqual({ file: "a.sql", line: 1, column: 1 });
    expect(second?.position).toEqual({ file: "a.sql", line: 1, column: 14 });
    expect(second?.offset).toBe(15);
  });

  it("splits where psql splits", () => {
    expect(texts("create rule r as on insert to t do also (select 1; select 2);")).toHaveLength(1);
    expect(texts("select [1;select 2];")).toEqual(["select [1;", "select 2];"]);
    // The server would read the second piece as an escape string; psql does not.
    expect(texts("select E'a'\n'b\\'; select 'c';")).toEqual([
      "select E'a'\n'b\\';",
      "select 'c';",
    ]);
    expect(texts(";;")).toEqual([";", ";"]);
  });

  it("joins what is glued with a backslash and a semicolon", () => {
    expect(texts("select 1 \\; select 2;")).toEqual(["select 1 ; select 2;"]);
  });

  it("is plain without commands, variables and data", () => {
    expect(parse("select 'a:b', x::int from t; -- \\if :v").plain).toBe(true);
    expect(parse("").plain).toBe(true);
    expect(parse("select :v;").plain).toBe(false);
    expect(parse("\\echo hi\n").plain).toBe(false);
    expect(parse("select 1 \\; select 2;").plain).toBe(false);
    expect(parse("select E'a'\n 'b\\';").plain).toBe(false);
    expect(parse("select E'a', 'b\\', E'c' -- d\n|| 'e';").plain).toBe(true);
    expect(parse("copy t from stdin;\n1\n\\.\n").plain).toBe(false);
  });

  it("takes the lines behind COPY FROM STDIN for data", () => {
    const script = parse("copy t from stdin; select 1;\nit's; \\N\n\\.\nselect 2;");
    expect(script.statements.map((statement) => statement.text)).toEqual([
      "copy t from stdin;",
      "select 1;",
      "select 2;",
    ]);
    expect(script.statements.at(2)?.position).toEqual({ file: "a.sql", line: 4, column: 1 });
  });

  it("takes no lines for data behind what only resembles a COPY", () => {
    expect(texts("select copy from stdin;\nselect 1;\n")).toHaveLength(2);
    expect(texts("select 1 \\; copy t from stdin;\ndata\n\\.\nselect 2;\n")).toHaveLength(2);
  });

  it("lists commands with their place", () => {
    const [command] = parse("select 1\n  \\gset x_\n").commands;
    expect(command).toMatchObject({
      name: "gset",
      position: { file: "a.sql", line: 2, column: 3 },
    });
  });

  const open: Record<string, [string, number, number]> = {
    "a string": ["select 1;\nselect 'a;\n", 2, 8],
    "a quoted identifier": ['select "a;', 1, 8],
    "a dollar-quoted string": ["select $x$ a $$;", 1, 8],
    "a comment": ["/* a /* b */", 1, 1],
    "a parenthesis": ["select (1, (2);", 1, 8],
    "a BEGIN ATOMIC body": ["create function f()\nbegin atomic select 1;", 2, 1],
  };
  for (const [what, [text, line, column]] of Object.entries(open)) {
    it(`refuses ${what} that is never closed, where it begins`, () => {
      expect(() => parse(text)).toThrowError(
        expect.objectContaining({
          code: "SCRIPT_UNTERMINATED",
          where: { file: "a.sql", line, column },
        }),
      );
    });
  }

  it("refuses a NUL character", () => {
    expect(() => parse("select 1;\n \0")).toThrowError(
      expect.objectContaining({ code: "SCRIPT_NUL", where: { file: "a.sql", line: 2, column: 2 } }),
    );
  });

  it("covers with its regions nothing but whole statements, in order and without overlap", () => {
    fc.assert(
      fc.property(sqlText(), (text) => {
        let script: ReturnType<typeof parse>;
        try {
          script = parse(text);
        } catch {
          return;
        }
        let end = 0;
        for (const region of script.regions) {
          expect(region.start).toBeGreaterThanOrEqual(end);
          end = region.end;
          const alone = parse(text.slice(region.start, region.end));
          expect(alone.statements.map((s) => s.text)).toEqual(region.statements.map((s) => s.text));
          expect(alone.plain).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("leadingWords", () => {
  const words = (text: string) => leadingWords({ text }, 3);
  it("reads unquoted words in upper case and skips comments", () => {
    expect(words("/* a */ create -- b\n unique Index x;")).toEqual(["CREATE", "UNIQUE", "INDEX"]);
  });
  it("stops at anything that is no word", () => {
    expect(words('drop "index" x')).toEqual(["DROP"]);
    expect(words("(select 1)")).toEqual([]);
    expect(words(";")).toEqual([]);
  });
});
