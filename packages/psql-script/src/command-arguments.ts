import { classOf, SPACE } from "./char-classes.js";
import type { ArgumentStyle } from "./command-table.js";
import type { ScriptCursor } from "./script-cursor.js";

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
export function scanCommandName(cursor: ScriptCursor): string {
  let name = "";
  for (let next = cursor.peek(); !endsWord(next); next = cursor.peek()) name += cursor.take();
  return name;
}

/** Reads all arguments of a command, and the `\\` that may end them. */
export function scanArguments(cursor: ScriptCursor, style: ArgumentStyle): Argument[] {
  const found: Argument[] = [];
  for (;;) {
    while (isSpace(cursor.peek())) cursor.take();
    const next = cursor.peek();
    const wholeLine = style === "line" || (style === "file-or-pipe" && next === "|");
    if (next === "" || (next === "\\" && !wholeLine)) break;
    found.push(wholeLine ? scanLine(cursor) : scanWord(cursor));
  }
  if (cursor.rest().startsWith("\\\\")) {
    cursor.take();
    cursor.take();
  }
  return found;
}

/** Reads what is left of the line as one argument. */
function scanLine(cursor: ScriptCursor): Argument {
  const { offset } = cursor;
  let text = "";
  while (cursor.peek() !== "") text += cursor.take();
  return { pieces: [{ kind: "text", text }], plainTail: text.length, offset, unterminated: false };
}

function scanWord(cursor: ScriptCursor): Argument {
  const { offset } = cursor;
  const pieces: ArgumentPiece[] = [];
  let plainTail = 0;
  let unterminated = false;
  for (let next = cursor.peek(); !endsWord(next); next = cursor.peek()) {
    const reference = next === ":" ? cursor.takeVariable("'\"{") : undefined;
    const plain = reference === undefined && !"'\"`".includes(next);
    plainTail = plain ? plainTail + 1 : 0;
    if (reference !== undefined) pieces.push({ kind: "variable", reference });
    else if (plain) pieces.push({ kind: "text", text: cursor.take() });
    else {
      const piece = scanQuoted(cursor, cursor.take());
      unterminated = piece === undefined;
      if (piece !== undefined) pieces.push(piece);
    }
  }
  return { pieces: glue(pieces), plainTail, offset, unterminated };
}

/** Reads what stands behind an opening quote; undefined where it is not closed on the line. */
function scanQuoted(cursor: ScriptCursor, quote: string): ArgumentPiece | undefined {
  if (quote === "`") return scanBackticks(cursor);
  let text = quote === '"' ? quote : "";
  for (let next = cursor.take(); next !== ""; next = cursor.take()) {
    if (quote === "'" && next === "\\") text += scanEscape(cursor);
    else if (quote === "'" && next === "'" && cursor.peek() === "'") text += cursor.take();
    else if (next !== quote) text += next;
    else return { kind: "text", text: quote === '"' ? text + next : text };
  }
  return undefined;
}

function scanBackticks(cursor: ScriptCursor): ArgumentPiece | undefined {
  const pieces: ArgumentPiece[] = [];
  for (let next = cursor.peek(); next !== ""; next = cursor.peek()) {
    const reference = next === ":" ? cursor.takeVariable("'") : undefined;
    if (reference !== undefined) pieces.push({ kind: "variable", reference });
    else if (cursor.take() === "`") return { kind: "shell", pieces: glue(pieces) };
    else pieces.push({ kind: "text", text: next });
  }
  return undefined;
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  b: "\b",
  r: "\r",
  f: "\f",
};

/** Reads what stands behind a backslash in single quotes. Numeric escapes are bytes of UTF-8. */
function scanEscape(cursor: ScriptCursor): string {
  const bytes: number[] = [];
  for (;;) {
    const numeric = /^(?:[0-7]{1,3}|x[0-9a-fA-F]{1,2})/.exec(cursor.rest())?.[0];
    if (numeric === undefined) break;
    for (let i = 0; i < numeric.length; i++) cursor.take();
    bytes.push(parseInt(...radix(numeric)) & 0xff);
    if (!/^\\(?:[0-7]|x[0-9a-fA-F])/.test(cursor.rest())) break;
    cursor.take();
  }
  if (bytes.length > 0) return Buffer.from(bytes).toString("utf8");
  const next = cursor.take();
  return ESCAPES[next] ?? next;
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
    } else glued.push(piece);
  }
  return glued;
}

function isSpace(character: string): boolean {
  return character !== "" && (classOf(character.charCodeAt(0)) & SPACE) !== 0;
}

function endsWord(character: string): boolean {
  return character === "" || character === "\\" || isSpace(character);
}
