import { classOf, space } from "./char-classes.js";
import type { ArgumentStyle } from "./command-table.js";
import type { InputFrames } from "./input-frames.js";

/** A piece of an argument. Pieces that touch are glued. */
export type ArgumentPiece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "variable"; readonly reference: string }
  /** The output of a shell command, which is made of text and variables. */
  | { readonly kind: "shell"; readonly pieces: readonly ArgumentPiece[] };

/** An argument of a command as it stands in the file, not expanded. */
export interface Argument {
  readonly pieces: readonly ArgumentPiece[];
  /** How many characters at its end were neither quoted nor substituted. */
  readonly plainTail: number;
  /** Where it begins in the file. */
  readonly offset: number;
  /** A quote or backtick was not closed on its line. */
  readonly unterminated: boolean;
}

/** Reads a command's name, behind the backslash. */
export function scanCommandName(input: InputFrames): string {
  let name = "";
  for (let next = input.peek(); !endsWord(next); next = input.peek()) {
    name += input.take();
  }
  return name;
}

/** Reads all arguments of a command, and the `\\` that may end them. */
export function scanArguments(input: InputFrames, style: ArgumentStyle): Argument[] {
  const found: Argument[] = [];
  for (;;) {
    while (isSpace(input.peek())) {
      input.take();
    }
    const next = input.peek();
    const wholeLine = style === "line" || (style === "file-or-pipe" && next === "|");
    if (next === "" || (next === "\\" && !wholeLine)) {
      break;
    }
    found.push(wholeLine ? scanLine(input) : scanWord(input));
  }
  if (input.rest().startsWith("\\\\")) {
    input.take();
    input.take();
  }
  return found;
}

/** Reads what is left of the line as one argument. */
function scanLine(input: InputFrames): Argument {
  const offset = input.offset ?? 0;
  let text = "";
  while (input.peek() !== "") {
    text += input.take();
  }
  return { pieces: [{ kind: "text", text }], plainTail: text.length, offset, unterminated: false };
}

function scanWord(input: InputFrames): Argument {
  const offset = input.offset ?? 0;
  const pieces: ArgumentPiece[] = [];
  let plainTail = 0;
  let unterminated = false;
  for (let next = input.peek(); !endsWord(next); next = input.peek()) {
    const reference = next === ":" ? input.takeVariable("'\"{") : undefined;
    const plain = reference === undefined && !"'\"`".includes(next);
    plainTail = plain ? plainTail + 1 : 0;
    if (reference !== undefined) {
      pieces.push({ kind: "variable", reference });
    } else if (plain) {
      pieces.push({ kind: "text", text: input.take() });
    } else {
      const piece = scanQuoted(input, input.take());
      unterminated = piece === undefined;
      if (piece !== undefined) {
        pieces.push(piece);
      }
    }
  }
  return { pieces: glue(pieces), plainTail, offset, unterminated };
}

/** Reads what stands behind an opening quote; undefined where it is not closed on the line. */
function scanQuoted(input: InputFrames, quote: string): ArgumentPiece | undefined {
  if (quote === "`") {
    return scanBackticks(input);
  }
  let text = quote === '"' ? quote : "";
  for (let next = input.take(); next !== ""; next = input.take()) {
    if (quote === "'" && next === "\\") {
      text += scanEscape(input);
    } else if (quote === "'" && next === "'" && input.peek() === "'") {
      text += input.take();
    } else if (next !== quote) {
      text += next;
    } else {
      return { kind: "text", text: quote === '"' ? text + next : text };
    }
  }
  return undefined;
}

function scanBackticks(input: InputFrames): ArgumentPiece | undefined {
  const pieces: ArgumentPiece[] = [];
  for (let next = input.peek(); next !== ""; next = input.peek()) {
    const reference = next === ":" ? input.takeVariable("'") : undefined;
    if (reference !== undefined) {
      pieces.push({ kind: "variable", reference });
    } else if (input.take() === "`") {
      return { kind: "shell", pieces: glue(pieces) };
    } else {
      pieces.push({ kind: "text", text: next });
    }
  }
  return undefined;
}

const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  b: "\b",
  r: "\r",
  f: "\f",
};

/** Reads what stands behind a backslash in single quotes. Numeric escapes are bytes of UTF-8. */
function scanEscape(input: InputFrames): string {
  const bytes: number[] = [];
  for (;;) {
    const numeric = /^(?:[0-7]{1,3}|x[0-9a-fA-F]{1,2})/.exec(input.rest())?.[0];
    if (numeric === undefined) {
      break;
    }
    for (let i = 0; i < numeric.length; i++) {
      input.take();
    }
    bytes.push(parseInt(...radix(numeric)) & 0xff);
    if (!/^\\(?:[0-7]|x[0-9a-fA-F])/.test(input.rest())) {
      break;
    }
    input.take();
  }
  if (bytes.length > 0) {
    return Buffer.from(bytes).toString("utf8");
  }
  const next = input.take();
  return escapes[next] ?? next;
}

function radix(numeric: string): [string, number] {
  return numeric.startsWith("x") ? [numeric.slice(1), 16] : [numeric, 8];
}

/** Makes one piece of neighbouring texts; an empty text stays, where it was quoted. */
function glue(pieces: readonly ArgumentPiece[]): ArgumentPiece[] {
  const glued: ArgumentPiece[] = [];
  for (const piece of pieces) {
    const last = glued.at(-1);
    if (piece.kind === "text" && last?.kind === "text") {
      glued[glued.length - 1] = { kind: "text", text: last.text + piece.text };
    } else {
      glued.push(piece);
    }
  }
  return glued;
}

function isSpace(character: string): boolean {
  return character !== "" && (classOf(character.charCodeAt(0)) & space) !== 0;
}

function endsWord(character: string): boolean {
  return character === "" || character === "\\" || isSpace(character);
}
