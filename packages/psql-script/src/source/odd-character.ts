import { Lexer } from "../lex/lexer.js";
import { positionAt, type SourceText } from "./source-text.js";

/** A character that looks like part of SQL on a screen, and is none. */
interface OddCharacter {
  /** Where it stands, in UTF-16 units. */
  readonly offset: number;
  /** Such as `U+00A0 (no-break space)`. */
  readonly name: string;
  /** What to do about it. */
  readonly advice: string;
}

const kinds: readonly {
  readonly pattern: RegExp;
  readonly name: string;
  readonly advice: string;
}[] = [
  { pattern: /\u00a0/, name: "no-break space", advice: "Type a plain space in its place." },
  { pattern: /\ufeff/, name: "byte order mark", advice: "Remove it." },
  {
    pattern: /[\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/,
    name: "special space",
    advice: "Type a plain space in its place.",
  },
  {
    // Between other than Latin letters, a zero-width joiner or non-joiner is part of a word.
    pattern:
      /[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069]|(?<![^\0-\x7f])\p{Join_Control}/u,
    name: "invisible character",
    advice: "Remove it.",
  },
  {
    pattern: /[\u2018-\u201b\u2032\u00b4\uff07]/,
    name: "typographic quote",
    advice: "Type ' in its place.",
  },
  {
    pattern: /[\u201c-\u201f\u2033\uff02]/,
    name: "typographic quote",
    advice: `Type ' or " in its place.`,
  },
  { pattern: /[\u2010-\u2015\u2212]/, name: "typographic dash", advice: "Type - in its place." },
];

/**
 * Advice about a statement at `offset` that the server did not understand, if a character of it is
 * invisible, or a look-alike of one that SQL has: the server takes such for a letter. In literals,
 * quoted names and comments it may stand; in the body of a routine, unless the server's message quotes it.
 */
export function oddCharacterInStatement(
  source: SourceText,
  offset: number,
  message: string,
): string | undefined {
  const { text } = source;
  return advise(source, findInStatement(text, offset) ?? findQuoted(text, offset, message));
}

/** Likewise about the word that begins at `offset`. */
export function oddCharacterInWord(
  source: SourceText,
  offset: number,
  word: string,
): string | undefined {
  return advise(source, find(word, offset));
}

function advise(source: SourceText, odd: OddCharacter | undefined): string | undefined {
  if (odd === undefined) {
    return undefined;
  }
  const { line, column } = positionAt(source, odd.offset);
  return `${odd.name} stands in line ${line}, column ${column}. ${odd.advice}`;
}

function findInStatement(text: string, offset: number): OddCharacter | undefined {
  const lexer = new Lexer({ schemaRoutines: true });
  for (let at = offset; at < text.length; ) {
    const lineFeed = text.indexOf("\n", at);
    const lineEnd = lineFeed < 0 ? text.length : lineFeed;
    while (at < lineEnd) {
      const end = lexer.next(text, at, lineEnd);
      if (lexer.kind === "terminator") {
        return undefined;
      }
      if (lexer.kind === "word" || lexer.kind === "punctuation" || lexer.kind === "number") {
        const found = find(text.slice(at, end), at);
        if (found !== undefined) {
          return found;
        }
      }
      at = end;
    }
    at = lineEnd + 1;
  }
  return undefined;
}

/** Finds what a message of the server quotes from the text after `offset`, in whatever case of letters. */
function findQuoted(text: string, offset: number, message: string): OddCharacter | undefined {
  const [, quoted = ""] = /"([^"]+)"/.exec(message) ?? [];
  const odd = find(quoted, 0);
  const at = odd === undefined ? -1 : lowerCase(text).indexOf(lowerCase(quoted), offset);
  if (odd === undefined || at < 0 || text[at - 1] === '"') {
    return undefined;
  }
  return { ...odd, offset: at + odd.offset };
}

/** As the server folds names: other letters than ASCII stay, and with them the places. */
function lowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function find(word: string, offset: number): OddCharacter | undefined {
  const [first] = kinds
    .map((kind) => ({ ...kind, at: word.search(kind.pattern) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at);
  if (first === undefined) {
    return undefined;
  }
  const { at, name, advice } = first;
  const code = word.charCodeAt(at).toString(16).toUpperCase().padStart(4, "0");
  return { offset: offset + at, name: `U+${code} (${name})`, advice };
}
