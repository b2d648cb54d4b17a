import { brokenText, fuzz } from "@pg-mig/fuzz";
import fc from "fast-check";
import { it } from "vitest";
import { tokenize } from "./lex/tokenize.js";
import { parseScript } from "./read/parse-script.js";
import { scriptText } from "./testing/script-text.js";

const scripts = [
  "CREATE TABLE t (id int);\nINSERT INTO t VALUES (1), (2);\n",
  "\\set v 'x y'\n\\if :{?v}\nSELECT :'v';\n\\else\nSELECT 1;\n\\endif\n",
  "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE 1 WHEN 1 THEN 2 END; END;\n",
  "COPY t FROM stdin;\n1\ta\n\\.\n",
  "\\copy t from stdin with (format csv)\n1,2\n\\.\n",
  "SELECT $a$ body; $a$, E'it\\'s', U&'\\0041', 'a' -- c\n'b'; /* a /* b */ c */\n",
  "SELECT lo_create(7);\n\\ir other.sql\n\\gexec\n",
];
const pieces = [
  "'",
  '"',
  "$$",
  "/*",
  "*/",
  "--",
  "\\",
  "\\.",
  "(",
  ")",
  "BEGIN ATOMIC",
  "\\if 1\n",
  ";",
];
const texts = fc.oneof(brokenText(scripts, pieces), scriptText());

it("cuts every text into tokens that together are the text", () => {
  fuzz("lexer", texts, (text) => {
    const joined = [...tokenize(text)].map((token) => token.text).join("");
    if (joined !== text) {
      throw new Error("not the text");
    }
  });
});

it("takes or refuses every script, in both modes", () => {
  fuzz("scripts", texts, (text) => parseScript(text, { file: "a.sql" }));
  fuzz("scripts in psql's mode", texts, (text) =>
    parseScript(text, { file: "a.sql", psqlCompat: true }),
  );
});
