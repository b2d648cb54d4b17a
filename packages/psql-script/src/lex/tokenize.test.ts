import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sqlText } from "../testing/sql-text.js";
import { tokenize } from "./tokenize.js";

const kinds = (text: string) =>
  tokenize(text)
    .filter((token) => token.kind !== "space")
    .map((token) => `${token.kind} ${token.text}`);

describe("tokenize", () => {
  it("loses no character of any text", () => {
    fc.assert(
      fc.property(sqlText(), (text) => {
        const tokens = tokenize(text);
        expect(tokens.map((token) => token.text).join("")).toBe(text);
        let offset = 0;
        for (const token of tokens) {
          expect(token.offset).toBe(offset);
          expect(token.text).not.toBe("");
          offset += token.text.length;
        }
      }),
      { numRuns: 2000 },
    );
  });

  const cases: Record<string, [string, string[]]> = {
    "nested comments": ["/* a /* ; */ ' */1", ["block-comment /* a /* ; */ ' */", "number 1"]],
    "a comment that opens with a slash behind it": [
      "/*/ */1",
      ["block-comment /*/ */", "number 1"],
    ],
    "a literal over several lines": ["'a\nb';", ["string 'a\nb'", "terminator ;"]],
    "escapes only behind a bare E": [
      String.raw`E'\'' note'\' 1`,
      [String.raw`string E'\''`, "word note", String.raw`string '\'`, "number 1"],
    ],
    "dollar quotes and what only looks like one": [
      "$a$ ' $b$ $a$ x$a$ $1$",
      ["dollar-string $a$ ' $b$ $a$", "word x$a$", "parameter $1", "punctuation $"],
    ],
    "a number before a dollar quote": ["1$$;$$", ["number 1", "dollar-string $$;$$"]],
    "an exponent without digits, which swallows a dash": [
      "1e--x",
      ["number 1e-", "operator -", "word x"],
    ],
    ranges: ["1..10", ["number 1", "punctuation .", "number .10"]],
    "casts, assignments and variables": [
      "a::b :=:c :'d' :\"e\" :{?f} :'g h'",
      [
        "word a",
        "punctuation ::",
        "word b",
        "punctuation :=",
        "variable :c",
        "variable :'d'",
        'variable :"e"',
        "variable :{?f}",
        "punctuation :",
        "string 'g h'",
      ],
    ],
    "operators cut before a comment": [
      "5 */* c */3-->",
      ["number 5", "operator *", "block-comment /* c */", "number 3", "line-comment -->"],
    ],
    "semicolons in parentheses": [
      "(;);",
      ["punctuation (", "semicolon ;", "punctuation )", "terminator ;"],
    ],
    "no-break space and other letters of Unicode as parts of words": [
      "\u00a0é\u2028",
      ["word \u00a0é\u2028"],
    ],
    "a quoted identifier with a quote in it": ['"a""b;"', ['quoted-identifier "a""b;"']],
  };
  for (const [name, [text, expected]] of Object.entries(cases)) {
    it(`reads ${name}`, () => expect(kinds(text)).toEqual(expected));
  }

  it("keeps the body of a BEGIN ATOMIC routine together, and of one in CREATE SCHEMA", () => {
    const ends = (text: string) =>
      tokenize(text)
        .filter((token) => token.kind === "terminator")
        .map((token) => token.offset);
    const routine =
      "create or replace function f() returns int begin atomic select case when true then 1 end; end;";
    expect(ends(routine)).toEqual([routine.length - 1]);
    const schema = "create schema s create function f() returns int begin atomic select 1; end;";
    expect(ends(schema)).toEqual([schema.length - 1]);
    expect(ends("begin; end;")).toEqual([5, 10]);
  });
});
