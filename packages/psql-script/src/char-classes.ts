/** Blank between tokens: space, tab, LF, CR, FF and VT, and nothing of Unicode. */
export const SPACE = 1;
/** May begin an identifier. Every code unit from 0x80 counts, as it does for the server. */
export const IDENTIFIER_START = 2;
/** May stand inside an identifier. */
export const IDENTIFIER_PART = 4;
/** May stand in the name of a psql variable, and (but for a digit in front) in a dollar-quote tag. */
export const NAME_PART = 8;
export const DIGIT = 16;
export const OPERATOR = 32;

const HIGH = IDENTIFIER_START | IDENTIFIER_PART | NAME_PART;
const classes = new Uint8Array(0x10000).fill(HIGH, 0x80);

function mark(characters: string, bits: number): void {
  for (let i = 0; i < characters.length; i++) {
    const code = characters.charCodeAt(i);
    classes[code] = (classes[code] ?? 0) | bits;
  }
}

mark(" \t\n\r\f\v", SPACE);
mark("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_", HIGH);
mark("0123456789", DIGIT | IDENTIFIER_PART | NAME_PART);
mark("$", IDENTIFIER_PART);
mark("~!@#^&|`?+-*/%<>=", OPERATOR);

/** The classes of a UTF-16 code unit, as bits; 0 for none (also for the NaN beyond a text's end). */
export function classOf(code: number): number {
  return classes[code] ?? 0;
}

/** The first index in [from, end) whose character is not of the class, or `end`. */
export function skipClass(text: string, from: number, end: number, bits: number): number {
  let index = from;
  while (index < end && (classOf(text.charCodeAt(index)) & bits) !== 0) index++;
  return index;
}
