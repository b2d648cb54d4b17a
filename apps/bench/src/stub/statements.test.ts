import { describe, expect, it } from "vitest";
import { columnNames, splitStatements } from "./statements.js";

describe("splitStatements", () => {
  it("is not misled by a semicolon in a string, a name, a comment or a body", () => {
    const statements = [
      `SELECT 'a;''b;'`,
      `SELECT "a;b" -- no; end`,
      "CREATE FUNCTION f() AS $$ SELECT '$'; $$",
      "AS $mig0$ $$; $mig0$",
      "SELECT /* ; */ 1",
    ];
    expect(splitStatements(`${statements.join("\n;")};\n;`)).toEqual(statements);
  });
});

describe("columnNames", () => {
  it("takes the names that are given to columns, not those within them", () => {
    const select = `SELECT (SELECT a AS b FROM c) AS "first One", f(')', x AS y) AS second FROM d AS e`;
    expect(columnNames(select)).toEqual(["first One", "second"]);
  });
});
