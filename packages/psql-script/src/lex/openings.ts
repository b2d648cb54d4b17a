import type { Lexer } from "./lexer.js";

/** Something that is open, for the message when it is never closed. */
export interface Opening {
  readonly what: string;
  readonly offset: number;
}

/** Remembers where that began what a lexer has open. Told of the lexer before and behind each token. */
export class Openings {
  #wasOpen = false;
  #wasRoutine = false;
  #depth = 0;
  #literalAt = 0;
  #routineAt = 0;
  readonly #parens: number[] = [];

  before({ open, words, parenDepth }: Lexer): void {
    this.#wasOpen = open !== undefined;
    this.#wasRoutine = words.depth > 0;
    this.#depth = parenDepth;
  }

  /** @param at where in the file the token begins. */
  behind({ open, words, parenDepth }: Lexer, at: number): void {
    if (!this.#wasOpen && open !== undefined) {
      this.#literalAt = at;
    }
    if (!this.#wasRoutine && words.depth > 0) {
      this.#routineAt = at;
    }
    if (parenDepth > this.#depth) {
      this.#parens[this.#depth] = at;
    }
  }

  /** What is open: a literal, else the outermost parenthesis, else a routine's body. */
  current({ open, words, parenDepth }: Lexer, end: number): Opening | undefined {
    if (open !== undefined) {
      return { what: names[open], offset: this.#literalAt };
    }
    if (parenDepth > 0) {
      return { what: "parenthesis", offset: this.#parens[0] ?? end };
    }
    return words.depth > 0 ? { what: "BEGIN ATOMIC body", offset: this.#routineAt } : undefined;
  }
}

const names = {
  string: "quoted string",
  "quoted-identifier": "quoted identifier",
  "dollar-string": "dollar-quoted string",
  "block-comment": "comment",
} as const;
