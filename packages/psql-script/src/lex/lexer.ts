import {
  classOf,
  digit,
  identifierPart,
  identifierStart,
  namePart,
  operator,
  skipClass,
  space,
} from "./char-classes.js";
import { StatementWords } from "./statement-words.js";
import {
  continuationEnd,
  dollarEnd,
  junkEnd,
  lineCommentEnd,
  numberEnd,
  operatorEnd,
  quotedIdentifierEnd,
  variableEnd,
} from "./token-ends.js";

/**
 * What a piece of SQL text is.
 *
 * - `string`: any literal in single quotes, with its prefix (`E'…'`, `B'…'`, `U&'…'`);
 * - `terminator`: a semicolon that ends the statement; `semicolon`: one that does not;
 * - `variable`: `:name`, `:'name'`, `:"name"` or `:{?name}`;
 * - `escape`: `\;` or `\:`; `backslash`: the backslash that begins a psql command;
 * - `punctuation`: any other single character, `::` and `:=`.
 */
export type TokenKind =
  | "space"
  | "line-comment"
  | "block-comment"
  | "word"
  | "quoted-identifier"
  | "string"
  | "dollar-string"
  | "number"
  | "parameter"
  | "operator"
  | "terminator"
  | "semicolon"
  | "variable"
  | "escape"
  | "backslash"
  | "punctuation";

type StringMode = "string" | "escape-string" | "bit-string" | "unicode-string";
type Mode = StringMode | "sql" | "string-end" | "quoted-identifier" | "dollar" | "comment";

const backslash = 0x5c;
const colon = 0x3a;
const dash = 0x2d;
const dollar = 0x24;
const dot = 0x2e;
const doubleQuote = 0x22;
const quoteCode = 0x27;
const slash = 0x2f;
const star = 0x2a;

/**
 * psql's lexer of SQL text, token by token. It is fed line by line (a line end is never part of what
 * it sees, but in the value of a variable), and its state outlives the line: a literal that goes on
 * behind the line's end is given out as several tokens of one kind, of which all but the first have
 * `continues` set.
 *
 * Every call takes constant space and consumes at least one character; there is no recursion.
 */
export class Lexer {
  /** Whether `'…'` takes backslashes literally: the server's standard_conforming_strings. */
  standardStrings = true;
  parenDepth = 0;
  readonly words: StatementWords;

  /** Of the token that was scanned last. */
  kind: TokenKind = "space";
  /** The token that was scanned last is a further piece of the literal or comment before it. */
  continues = false;
  /** A backslash stood in a `'…'` without prefix: what it means depends on `standardStrings`. */
  sawPlainBackslash = false;
  /**
   * An `E'…'` goes on in the next line as a plain `'…'`, as psql reads it; to the server both are one
   * escape string, which may end elsewhere.
   */
  sawSplitEscape = false;

  #mode: Mode = "sql";
  #endedMode: StringMode = "string";
  #commentDepth = 0;
  #dollarTag = "";
  #behindEscape = false;

  constructor(options: { readonly schemaRoutines: boolean }) {
    this.words = new StatementWords(options.schemaRoutines);
  }

  /** What is open at the moment, if anything is. */
  get open(): "string" | "quoted-identifier" | "dollar-string" | "block-comment" | undefined {
    switch (this.#mode) {
      case "sql":
      case "string-end":
        return undefined;
      case "dollar":
        return "dollar-string";
      case "comment":
        return "block-comment";
      case "quoted-identifier":
        return "quoted-identifier";
      default:
        return "string";
    }
  }

  /** Forgets everything, as psql does when a statement is sent by force or thrown away. */
  reset(): void {
    this.#mode = "sql";
    this.parenDepth = 0;
    this.words.reset();
  }

  /** Scans the token at `from` (which is below `end`) and returns where it ends. */
  next(text: string, from: number, end: number): number {
    this.continues = false;
    switch (this.#mode) {
      case "sql":
        return this.#scanSql(text, from, end);
      case "string-end": {
        const quoteEnd = continuationEnd(text, from, end);
        this.#mode = quoteEnd < 0 ? "sql" : this.#endedMode;
        if (quoteEnd < 0) {
          this.#behindEscape = this.#endedMode === "escape-string";
          return this.#scanSql(text, from, end);
        }
        this.continues = true;
        return this.#scanOpen(text, quoteEnd, end);
      }
      default:
        this.continues = true;
        return this.#scanOpen(text, from, end);
    }
  }

  #token(kind: TokenKind, end: number): number {
    this.kind = kind;
    return end;
  }

  /** Scans the inside of a literal or comment that is open at `from`, up to its end or `end`. */
  #scanOpen(text: string, from: number, end: number): number {
    switch (this.#mode) {
      case "comment":
        return this.#token("block-comment", this.#scanComment(text, from, end));
      case "dollar":
        return this.#closeAt("dollar-string", dollarEnd(text, from, end, this.#dollarTag), end);
      case "quoted-identifier":
        return this.#closeAt("quoted-identifier", quotedIdentifierEnd(text, from, end), end);
      default:
        return this.#token("string", this.#scanString(text, from, end));
    }
  }

  /** Ends an open literal at `closed`; -1 leaves it open after `end`. */
  #closeAt(kind: TokenKind, closed: number, end: number): number {
    if (closed < 0) {
      return this.#token(kind, end);
    }
    this.#mode = "sql";
    return this.#token(kind, closed);
  }

  #openAt(mode: Mode, text: string, from: number, end: number): number {
    this.#mode = mode;
    return this.#scanOpen(text, from, end);
  }

  #scanComment(text: string, from: number, end: number): number {
    for (let i = from; i < end; i++) {
      const code = text.charCodeAt(i);
      if (code !== slash && code !== star) {
        continue;
      }
      const next = i + 1 < end ? text.charCodeAt(i + 1) : 0;
      if (code === slash && next === star) {
        this.#commentDepth++;
        i++;
      } else if (code === star && next === slash) {
        i++;
        this.#commentDepth--;
        if (this.#commentDepth > 0) {
          continue;
        }
        this.#mode = "sql";
        return i + 1;
      }
    }
    return end;
  }

  #scanString(text: string, from: number, end: number): number {
    const mode = this.#mode as StringMode;
    for (let i = from; i < end; i++) {
      const code = text.charCodeAt(i);
      if (code === backslash) {
        if (mode === "escape-string") {
          i++;
        } else if (mode === "string") {
          this.sawPlainBackslash = true;
        }
      } else if (code === quoteCode) {
        if (mode !== "bit-string" && i + 1 < end && text.charCodeAt(i + 1) === quoteCode) {
          i++;
          continue;
        }
        this.#endedMode = mode;
        this.#mode = "string-end";
        return i + 1;
      }
    }
    return end;
  }

  #scanSql(text: string, from: number, end: number): number {
    const code = text.charCodeAt(from);
    const bits = classOf(code);
    if ((bits & space) !== 0) {
      return this.#token("space", skipClass(text, from, end, space));
    }
    if (this.#behindEscape) {
      this.#leaveEscape(code);
    }
    if ((bits & identifierStart) !== 0) {
      return this.#scanWord(text, from, end, code);
    }
    if ((bits & digit) !== 0) {
      return this.#token("number", numberEnd(text, from, end));
    }
    if ((bits & operator) !== 0) {
      return this.#scanOperator(text, from, end, code);
    }
    switch (code) {
      case quoteCode:
        return this.#scanPlainString(text, from + 1, end);
      case doubleQuote:
        return this.#openAt("quoted-identifier", text, from + 1, end);
      case dollar:
        return this.#scanAfterDollar(text, from, end);
      case colon:
        return this.#scanColon(text, from, end);
      case backslash:
        return this.#scanBackslash(text, from, end);
      case dot:
        if (from + 1 < end && (classOf(text.charCodeAt(from + 1)) & digit) !== 0) {
          return this.#token("number", numberEnd(text, from, end));
        }
        return this.#token("punctuation", from + 1);
      case 0x28: // (
        this.parenDepth++;
        return this.#token("punctuation", from + 1);
      case 0x29: // )
        if (this.parenDepth > 0) {
          this.parenDepth--;
        }
        return this.#token("punctuation", from + 1);
      case 0x3b: // ;
        if (this.parenDepth > 0 || this.words.depth > 0) {
          return this.#token("semicolon", from + 1);
        }
        return this.#token("terminator", from + 1);
      default:
        return this.#token("punctuation", from + 1);
    }
  }

  #leaveEscape(code: number): void {
    if (code === dash) {
      return;
    }
    this.#behindEscape = false;
    if (code === quoteCode) {
      this.sawSplitEscape = true;
    }
  }

  #scanPlainString(text: string, from: number, end: number): number {
    if (this.standardStrings) {
      return this.#openAt("string", text, from, end);
    }
    this.sawPlainBackslash = true;
    return this.#openAt("escape-string", text, from, end);
  }

  #scanWord(text: string, from: number, end: number, code: number): number {
    const wordEnd = skipClass(text, from + 1, end, identifierPart);
    if (wordEnd === from + 1 && wordEnd < end) {
      const prefixed = this.#scanPrefixed(text, wordEnd, end, code | 0x20);
      if (prefixed >= 0) {
        return prefixed;
      }
    }
    this.words.see(text, from, wordEnd, this.parenDepth);
    return this.#token("word", wordEnd);
  }

  /** A literal with a one-letter prefix, or -1. The prefixes are no words of the statement. */
  #scanPrefixed(text: string, afterLetter: number, end: number, lowerCode: number): number {
    const next = text.charCodeAt(afterLetter);
    const letter = String.fromCharCode(lowerCode);
    if (letter === "u" && next === 0x26 /* & */) {
      const quote = afterLetter + 1 < end ? text.charCodeAt(afterLetter + 1) : 0;
      if (quote === quoteCode) {
        return this.#openAt("unicode-string", text, afterLetter + 2, end);
      }
      if (quote === doubleQuote) {
        return this.#openAt("quoted-identifier", text, afterLetter + 2, end);
      }
      return this.#token("word", afterLetter);
    }
    if (next !== quoteCode) {
      return -1;
    }
    if (letter === "e") {
      return this.#openAt("escape-string", text, afterLetter + 1, end);
    }
    if (letter === "b" || letter === "x") {
      return this.#openAt("bit-string", text, afterLetter + 1, end);
    }
    return letter === "n" ? this.#scanPlainString(text, afterLetter + 1, end) : -1;
  }

  #scanOperator(text: string, from: number, end: number, code: number): number {
    const next = from + 1 < end ? text.charCodeAt(from + 1) : 0;
    if (code === slash && next === star) {
      this.#commentDepth = 1;
      return this.#openAt("comment", text, from + 2, end);
    }
    if (code === dash && next === dash) {
      return this.#token("line-comment", lineCommentEnd(text, from, end));
    }
    return this.#token("operator", operatorEnd(text, from, end));
  }

  #scanAfterDollar(text: string, from: number, end: number): number {
    const next = from + 1 < end ? classOf(text.charCodeAt(from + 1)) : 0;
    if ((next & digit) !== 0) {
      const digitsEnd = skipClass(text, from + 1, end, digit);
      return this.#token("parameter", junkEnd(text, digitsEnd, end));
    }
    let tagEnd = from + 1;
    if ((next & identifierStart) !== 0) {
      tagEnd = skipClass(text, tagEnd, end, namePart);
    }
    if (tagEnd >= end || text.charCodeAt(tagEnd) !== dollar) {
      return this.#token("punctuation", from + 1);
    }
    this.#dollarTag = text.slice(from, tagEnd + 1);
    return this.#openAt("dollar", text, tagEnd + 1, end);
  }

  #scanColon(text: string, from: number, end: number): number {
    const next = from + 1 < end ? text.charCodeAt(from + 1) : 0;
    if (next === colon || next === 0x3d /* = */) {
      return this.#token("punctuation", from + 2);
    }
    const referenceEnd = variableEnd(text, from, end);
    if (referenceEnd < 0) {
      return this.#token("punctuation", from + 1);
    }
    return this.#token("variable", referenceEnd);
  }

  #scanBackslash(text: string, from: number, end: number): number {
    const next = from + 1 < end ? text.charCodeAt(from + 1) : 0;
    if (next === 0x3b /* ; */) {
      this.words.restart();
    } else if (next !== colon) {
      return this.#token("backslash", from + 1);
    }
    return this.#token("escape", from + 2);
  }
}
