import { Lexer, type TokenKind } from "./lexer.js";

/** A piece of SQL text. `offset` counts in UTF-16 units from the start of the text it was cut from. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly offset: number;
}

/**
 * Cuts SQL text into tokens, without losing a character: the texts of the tokens, joined, are the
 * input. Literals and comments over several lines are one token each, also where they are not closed.
 *
 * It reads as psql does (nested comments, dollar quotes, `E''`, `BEGIN ATOMIC`), so a semicolon that
 * ends a statement is a `terminator` and one inside a statement a `semicolon`. It does not act on psql
 * commands: use `parseScript` for a text that has them.
 */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const lexer = new Lexer({ schemaRoutines: true });
  let start = 0;
  let kind: TokenKind | undefined;
  const push = (end: number) => {
    if (kind !== undefined) {
      tokens.push({ kind, text: text.slice(start, end), offset: start });
    }
    start = end;
  };
  for (let offset = 0; offset < text.length; ) {
    const lineFeed = text.indexOf("\n", offset);
    const lineEnd = lineFeed < 0 ? text.length : lineFeed;
    while (offset < lineEnd) {
      const end = lexer.next(text, offset, lineEnd);
      const joined = lexer.continues || (kind === "space" && lexer.kind === "space");
      if (!joined) {
        push(offset);
      }
      if (!joined) {
        kind = lexer.kind;
      }
      if (lexer.kind === "terminator") {
        lexer.words.endStatement();
      }
      offset = end;
    }
    if (lineFeed < 0) {
      break;
    }
    if (lexer.open === undefined && kind !== "space") {
      push(offset);
      kind = "space";
    }
    offset++;
  }
  push(text.length);
  return tokens;
}
