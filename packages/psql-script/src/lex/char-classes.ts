/** Blank between tokens: space, tab, LF, CR, FF and VT, and nothing of Unicode. */
export const space = 1;
/** May begin an identifier. Every code unit from 0x80 counts, as it does for the server. */
export const identifierStart = 2;
/** May stand inside an identifier. */
export const identifierPart = 4;
/** May stand in the name of a psql variable, and (but for a digit in front) in a dollar-quote tag. */
export const namePart = 8;
export const digit = 16;
export const operator = 32;

const high = identifierStart | identifierPart | namePart;
const classes = new Uint8Array(0x10000).fill(high, 0x80);

function mark(characters: string, bits: number): void {
  for (let i = 0; i < characters.length; i++) {
    const code = characters.charCodeAt(i);
    classes[code] = (classes[code] ?? 0) | bits;
  }
}

mark(" \t\n\r\f\v", space);
mark("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_", high);
mark("0123456789", digit | identifierPart | namePart);
mark("$", identifierPart);
mark("~!@#^&|`?+-*/%<>=", operator);

/** The classes of a UTF-16 code unit, as bits; 0 for none (also for the NaN beyond a text's end). */
export function classOf(code: number): number {
  return classes[code] ?? 0;
}

/** The first index in [from, end) whose character is not of the class, or `end`. */
export function skipClass(text: string, from: number, end: number, bits: number): number {
  let index = from;
  while (index < end && (classOf(text.charCodeAt(index)) & bits) !== 0) {
    index++;
  }
  return index;
}
