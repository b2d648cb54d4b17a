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

const cr = 0x0d;
const dash = 0x2d;
const dollar = 0x24;
const dot = 0x2e;
const doubleQuote = 0x22;
const lf = 0x0a;
const quoteCode = 0x27;
const slash = 0x2f;
const star = 0x2a;

/** Where the line comment at `from` ends: before the next CR or LF. */
export function lineCommentEnd(text: string, from: number, end: number): number {
  let i = from;
  for (; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === lf || code === cr) {
      break;
    }
  }
  return i;
}

/** Where the operator at `from` ends: a comment may begin right after it. */
export function operatorEnd(text: string, from: number, end: number): number {
  let i = from + 1;
  for (; i < end; i++) {
    const code = text.charCodeAt(i);
    if ((classOf(code) & operator) === 0) {
      break;
    }
    const next = i + 1 < end ? text.charCodeAt(i + 1) : 0;
    if ((code === slash && next === star) || (code === dash && next === dash)) {
      break;
    }
  }
  return i;
}

/** Where the dollar-quoted literal ends whose inside is at `from`, or -1 if not before `end`. */
export function dollarEnd(text: string, from: number, end: number, tag: string): number {
  for (let i = from; i < end; i++) {
    if (text.charCodeAt(i) !== dollar || !text.startsWith(tag, i)) {
      continue;
    }
    const after = i + tag.length;
    return after > end ? -1 : after;
  }
  return -1;
}

/** Where the quoted identifier ends whose inside is at `from`, or -1 if not before `end`. */
export function quotedIdentifierEnd(text: string, from: number, end: number): number {
  for (let i = from; i < end; i++) {
    if (text.charCodeAt(i) !== doubleQuote) {
      continue;
    }
    if (i + 1 >= end || text.charCodeAt(i + 1) !== doubleQuote) {
      return i + 1;
    }
    i++;
  }
  return -1;
}

/** Digits, fraction, exponent, and an identifier glued to it, which the server will refuse. */
export function numberEnd(text: string, from: number, end: number): number {
  let i = skipClass(text, from, end, digit);
  if (i < end && text.charCodeAt(i) === dot) {
    const isRange = i > from && i + 1 < end && text.charCodeAt(i + 1) === dot;
    if (isRange) {
      return i;
    }
    i = skipClass(text, i + 1, end, digit);
  }
  if (i < end && (text.charCodeAt(i) | 0x20) === 0x65 /* e */) {
    const sign = i + 1 < end ? text.charCodeAt(i + 1) : 0;
    const signed = sign === dash || sign === 0x2b; /* + */
    const digits = skipClass(text, i + (signed ? 2 : 1), end, digit);
    if (signed && digits === i + 2) {
      return digits;
    }
    if (digits > i + 1) {
      i = digits;
    }
  }
  return junkEnd(text, i, end);
}

/** Where an identifier that is glued to a number ends. */
export function junkEnd(text: string, from: number, end: number): number {
  if (from >= end || (classOf(text.charCodeAt(from)) & identifierStart) === 0) {
    return from;
  }
  return skipClass(text, from, end, identifierPart);
}

/** Where the variable reference that begins with the colon at `from` ends, or -1 for none. */
export function variableEnd(text: string, from: number, end: number): number {
  const next = from + 1 < end ? text.charCodeAt(from + 1) : 0;
  if ((classOf(next) & namePart) !== 0) {
    return skipClass(text, from + 1, end, namePart);
  }
  let nameStart = from + 2;
  let closing = next;
  if (next === 0x7b /* { */) {
    if (from + 2 >= end || text.charCodeAt(from + 2) !== 0x3f /* ? */) {
      return -1;
    }
    nameStart = from + 3;
    closing = 0x7d; /* } */
  } else if (next !== quoteCode && next !== doubleQuote) {
    return -1;
  }
  const nameEnd = skipClass(text, nameStart, end, namePart);
  if (nameEnd === nameStart || nameEnd >= end) {
    return -1;
  }
  return text.charCodeAt(nameEnd) === closing ? nameEnd + 1 : -1;
}

/**
 * Two literals with nothing but blanks and comments between them are one, provided that a newline is
 * among them. Returns where the second one's inside begins, or -1.
 */
export function continuationEnd(text: string, from: number, end: number): number {
  let sawNewline = false;
  for (let i = from; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === quoteCode) {
      return sawNewline ? i + 1 : -1;
    }
    if (code === lf || code === cr) {
      sawNewline = true;
    } else if (code === dash && i + 1 < end && text.charCodeAt(i + 1) === dash) {
      i = lineCommentEnd(text, i, end);
      if (i >= end) {
        return -1;
      }
      sawNewline = true;
    } else if ((classOf(code) & space) === 0) {
      return -1;
    }
  }
  return -1;
}
