import fc from "fast-check";

const sqlPieces = [
  ..."'\"$;()[]:\\-/*.,=&|?#{}<>",
  "a",
  "E'",
  "b'",
  "U&'",
  'u&"',
  "N'",
  "''",
  "$$",
  "$t$",
  "$1",
  "/*",
  "*/",
  "--",
  "\\;",
  "\\:",
  "::",
  ":=",
  ":v",
  ":'v'",
  ':"v"',
  ":{?v}",
  "1e-",
  "1.5",
  "1..2",
  "1a",
  " ",
  "  ",
  "\t",
  "\r",
  "\f",
  "\n",
  "\n\n",
  "\r\n",
  "é",
  "\u00a0",
  "𝒳",
  "select",
  "begin",
  "end",
  "case",
  "create",
  "function",
  "procedure",
  "or",
  "replace",
  "atomic",
  "schema",
] as const;

/** One of the pieces of SQL that a lexer can stumble over. */
export function sqlPiece(): fc.Arbitrary<string> {
  return fc.constantFrom(...sqlPieces);
}

/** Text made of the pieces that a lexer of SQL can stumble over, in any order. */
export function sqlText(): fc.Arbitrary<string> {
  return fc.array(sqlPiece(), { maxLength: 60 }).map((pieces) => pieces.join(""));
}
