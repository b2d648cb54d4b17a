import { Lexer } from "../lex/lexer.js";

/** A character that looks like part of SQL on a screen, and is none. */
export interface OddCharacter {
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
 * Finds the first character in the statement at `offset` that is invisible, or a look-alike of one that
 * SQL has. The server takes such for a letter. In literals, quoted names and comments it may stand.
 */
export function oddCharacter(text: string, offset: number): OddCharacter | undefined {
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
        const found = find(text.slice(at, end));
        if (found !== undefined) {
          return { ...found, offset: at + found.offset };
        }
      }
      at = end;
    }
    at = lineEnd + 1;
  }
  return undefined;
}

function find(token: string): OddCharacter | undefined {
  const [first] = kinds
    .map((kind) => ({ ...kind, offset: token.search(kind.pattern) }))
    .filter(({ offset }) => offset >= 0)
    .sort((a, b) => a.offset - b.offset);
  if (first === undefined) {
    return undefined;
  }
  const { offset, name, advice } = first;
  const code = token.charCodeAt(offset).toString(16).toUpperCase().padStart(4, "0");
  return { offset, name: `U+${code} (${name})`, advice };
}
