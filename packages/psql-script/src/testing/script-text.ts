import fc from "fast-check";
import { sqlPiece } from "./sql-text.js";

const commands = [
  "\\echo ",
  "\\set v ",
  "\\set w ",
  "\\unset v",
  "\\if ",
  "\\if true\n",
  "\\if false\n",
  "\\if :{?v} ",
  "\\elif ",
  "\\elif true\n",
  "\\else\n",
  "\\else ",
  "\\endif\n",
  "\\endif ",
  "\\g\n",
  "\\gset\n",
  "\\gexec ",
  "\\r\n",
  "\\q\n",
  "\\\\",
  "\\p ",
  "\\timing off ",
  "\\x\n",
  "\\pset pager off\n",
  "\\restrict k\n",
  "\\unrestrict k\n",
  "\\nosuch ",
] as const;

const lines = [
  "select 1;\n",
  "select 'a;b' \\; select 2;\n",
  "create function f() begin atomic select 1; end;\n",
  "create or replace procedure p() begin atomic select case when a then b end; end;\n",
  "-- note; 'it\n",
  "/* a; */\n",
  "select :v, :'v', :\"v\", :{?v};\n",
  "\\if true\nselect 1\n\\else\n(bogus\n\\endif\n;\n",
  "\\if false\nselect (\n\\elif 1\n, 2\n\\endif\n;\n",
  "\\set v 'x y' z\n",
  "\\set w :v ':v'\n",
  "\\echo 'it''s' \"a b\" :v :'v' \\n\n",
] as const;

/** A whole script: what lexers stumble over, mixed with psql commands, in any order. */
export function scriptText(): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 6, arbitrary: sqlPiece() },
    { weight: 2, arbitrary: fc.constantFrom(...commands) },
    { weight: 2, arbitrary: fc.constantFrom(...lines) },
    { weight: 1, arbitrary: fc.constant(";\n") },
  );
  return fc
    .tuple(fc.constantFrom("", "", "", "\ufeff"), fc.array(piece, { maxLength: 40 }))
    .map(([start, pieces]) => start + pieces.join(""));
}

/** Values of variables, of which some are half a statement. */
export function variableValue(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(
      "1",
      "",
      "select 1; select 2",
      "'half",
      "/* open",
      "it's \\ back",
      'a "b"',
      "(",
      "a\nb",
      "select 3 \\gset",
      ":v",
      ":w",
      "-- c",
      "E'x\n'",
      "true",
    ),
    fc.array(sqlPiece(), { maxLength: 6 }).map((pieces) => pieces.join("")),
  );
}
