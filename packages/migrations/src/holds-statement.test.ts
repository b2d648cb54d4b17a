import { parseScript } from "@pg-mig/psql-script";
import { describe, expect, it } from "vitest";
import { holdsStatement } from "./holds-statement.js";

const judge = (text: string) => holdsStatement(parseScript(text, { file: "1.a.sh.up.sql" }));

describe("holdsStatement", () => {
  it.each([
    ["nothing", ""],
    ["a byte order mark", "\uFEFF"],
    ["blanks and empty lines", " \n\t\r\n"],
    ["comments", "-- up: CREATE TABLE t();\n/* DROP TABLE t; /* nested */ */"],
    ["pseudo comments", "-- $parallelism_per_host = 1\n"],
    ["semicolons", ";; -- none\n;"],
    ["commands that only print or set", "\\echo CREATE TABLE t();\n\\set x 1\n\\timing on\n"],
    ["an empty condition", "\\if true\n\\echo yes\n\\endif\n"],
    ["the restriction of a dump", "\\restrict key\n-- nothing\n\\unrestrict key\n"],
  ])("says no of %s", (_, text) => {
    expect(judge(text)).toBe(false);
  });

  it.each([
    ["a statement", "-- up\nSELECT 1"],
    ["a statement in a condition", "\\if :x\nSELECT 1;\n\\endif\n"],
    ["a query that a command ends", "SELECT 'CREATE TABLE t()' \\gexec\n"],
    ["a variable", ":statement;"],
    ["COMMIT alone", "COMMIT;"],
    ["a shell command", "\\! touch x\n"],
    ["backticks", "\\set x `touch x`\n"],
    ["a copy", "\\copy t from 'f'\n"],
    ["an include whose name is not known", "\\ir :file\n"],
    ["an include that a condition decides on", "\\if :x\n\\ir f.sql\n\\endif\n"],
  ])("says yes of %s", (_, text) => {
    expect(judge(text)).toBe(true);
  });

  it.each([
    ["CREATE TABLE t();", true],
    ["-- nothing", false],
  ])("looks into an included file, which holds: %s", (text, expected) => {
    const part = parseScript(text, { file: "part.sql" });
    const script = parseScript("\\ir part.sql\n", { file: "1.a.sh.up.sql" });
    expect(holdsStatement({ ...script, includes: new Map([["/part.sql", part]]) })).toBe(expected);
  });
});
