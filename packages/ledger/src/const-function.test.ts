import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  parseConstFunctionBody,
  renderConstFunction,
  renderConstFunctionBody,
  storeConstFunctionSql,
} from "./const-function.js";

describe("renderConstFunction", () => {
  it("writes the function of pg-mig 2.x, with its text byte for byte", () => {
    const value = JSON.stringify(["20240101000000.initial.sh", "20240102000000.next.sh"]);
    expect(
      renderConstFunction("sh0001", "mig_versions_const", renderConstFunctionBody({ value })),
    ).toBe(
      'CREATE OR REPLACE FUNCTION "sh0001".mig_versions_const() RETURNS pg_catalog.text LANGUAGE sql ' +
        "SET search_path FROM CURRENT AS " +
        `$$ SELECT '["20240101000000.initial.sh","20240102000000.next.sh"]'; $$`,
    );
  });

  it("picks the first dollar quote that the text does not hold", () => {
    const quoteOf = (value: string) => {
      const stored = renderConstFunctionBody({ value });
      return / AS (\$\w*\$)/.exec(renderConstFunction("s", "mig_digest_const", stored))?.[1];
    };
    expect(quoteOf("$")).toBe("$$");
    expect(quoteOf("$mig1$ $$")).toBe("$mig0$");
    expect(quoteOf("$$mig0$")).toBe("$mig1$");
    expect(quoteOf("$$ $mig0$$mig1$")).toBe("$mig2$");
  });

  it("quotes the schema, and doubles the quotes of a value", () => {
    const stored = renderConstFunctionBody({ value: "it's $$ $mig0$" });
    const text = renderConstFunction('a"b; --', "mig_digest_const", stored);
    expect(text).toContain('"a""b; --".mig_digest_const()');
    expect(text).toContain("$mig1$ SELECT 'it''s $$ $mig0$'; $mig1$");
  });
});

describe("storeConstFunctionSql", () => {
  it("first undoes what a migration may have left in the way", () => {
    const stored = renderConstFunctionBody({ value: "v" });
    expect(storeConstFunctionSql('a"b', "mig_versions_const", stored)).toEqual([
      "RESET SESSION AUTHORIZATION",
      'SET LOCAL search_path TO "a""b"',
      "SET LOCAL check_function_bodies TO off",
      renderConstFunction('a"b', "mig_versions_const", stored),
    ]);
  });
});

/** Texts of what ends, or begins, what surrounds them. */
const nasty = fc
  .array(fc.constantFrom("'", '"', "\\", "/*", "*/", "$$", "$", "/", ";", "pg-mig ", "é"))
  .map((parts) => parts.join(""));

describe("renderConstFunctionBody", () => {
  it("is one literal and at most one comment for SQL, whatever they hold", () => {
    const details = fc.option(fc.array(nasty), { nil: undefined });
    fc.assert(
      fc.property(nasty, details, (value, given) => {
        const text = renderConstFunctionBody({ value, details: given });
        const [, literal = "", comment = ""] =
          /^ SELECT '((?:[^']|'')*)'; (?:\/\* pg-mig (.*) \*\/ )?$/su.exec(text) ?? [];
        expect(literal.split("''").join("'")).toBe(value);
        expect(comment).not.toMatch(/[/$]/);
        expect(comment === "" ? undefined : JSON.parse(comment)).toEqual(given);
      }),
    );
  });
});

describe("parseConstFunctionBody", () => {
  it("reads back every value and every details", () => {
    fc.assert(
      fc.property(
        fc.oneof(nasty, fc.string({ unit: "grapheme" })),
        fc.option(fc.oneof(nasty, fc.jsonValue()), { nil: undefined }),
        (value, details) => {
          const body = parseConstFunctionBody(renderConstFunctionBody({ value, details }));
          expect(body?.value).toBe(value);
          expect(JSON.stringify(body?.details)).toBe(JSON.stringify(details));
        },
      ),
    );
  });

  it("reads what the regular expression read that it took the place of, and refuses the same", () => {
    const regexp = /^\s*SELECT\s+'((?:[^']|'')*)'\s*;?\s*(?:\/\*(.*)\*\/\s*)?$/is;
    const pieces = ["SELECT", "select ", " '", "'", "''", ";", "/*", "*/", "pg-mig ", "{}", "/"];
    const piece = fc.oneof(fc.constantFrom(...pieces, " ", "\n", "\ufeff"), fc.string());
    const text = fc.oneof(
      fc.array(piece),
      fc.array(piece).map((more) => [" SELECT 'v", ...more]),
      fc.array(piece).map((more) => [" SELECT 'v'; /* pg-mig 1 ", ...more]),
    );
    fc.assert(
      fc.property(text, (parts) => {
        const match = regexp.exec(parts.join(""));
        const body = parseConstFunctionBody(parts.join(""));
        expect(body?.value).toBe(match?.[1]?.replaceAll("''", "'"));
        const json = /^\s*pg-mig\s+(.*?)\s*$/s.exec(match?.[2] ?? "")?.[1];
        expect(body?.details).toEqual(jsonOf(json));
      }),
      { numRuns: 2000 },
    );
  });

  it("reads a value and details of many megabytes", () => {
    const value = `it's ${"long ".repeat(2_000_000)}`;
    const text = renderConstFunctionBody({ value, details: value });
    const body = parseConstFunctionBody(text);
    expect(body?.value === value).toBe(true);
    expect(body?.details === value).toBe(true);
  });

  it("keeps details inside of their comment, whatever they hold", () => {
    const details = { a: "*/ /* $$ $mig0$ ' ; --" };
    const text = renderConstFunctionBody({ value: "v", details });
    expect(text.match(/\/\*|\*\//g)).toEqual(["/*", "*/"]);
    expect(text).not.toContain("$");
  });

  it.each([
    ["a comment of somebody else", " SELECT 'v'; /* hello */ ", { value: "v" }],
    ["details that are broken", " SELECT 'v'; /* pg-mig {] */ ", { value: "v" }],
    ["no blanks and no semicolon", "select 'v'", { value: "v" }],
    ["another statement behind it", "SELECT 'v'; SELECT 'w';", undefined],
    ["a comment that is not closed", "SELECT 'v'; /*/", undefined],
    ["the shortest comment", "SELECT 'v'; /**/", { value: "v" }],
    ["a word that only begins like our mark", "SELECT 'v'; /* pg-miga 1 */", { value: "v" }],
    ["more than one blank", "SELECT  'v'", { value: "v" }],
    ["a value without an end", "SELECT 'v", undefined],
    ["a word that is as long as our mark", "SELECT 'v'; /* foobar 1 */", { value: "v" }],
    ["our mark within", `SELECT 'v'; /* foobar"pg-mig " */`, { value: "v" }],
    ["our mark after other words", "SELECT 'v'; /* not pg-mig 1 */", { value: "v" }],
    ["other words before it", "-- \nSELECT 'v';", undefined],
    ["an expression", "SELECT 'v' || 'w'", undefined],
    ["the empty text of an SQL-standard body", "", undefined],
  ])("meets %s", (_, prosrc, body) => {
    expect(parseConstFunctionBody(prosrc)).toStrictEqual(body);
  });
});

function jsonOf(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
