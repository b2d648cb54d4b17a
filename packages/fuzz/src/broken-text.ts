import fc from "fast-check";

/** One change of a text. */
interface Edit {
  /** Where, from 0 (the start) to 1 (the end). */
  readonly at: number;
  /** How many characters go. */
  readonly remove: number;
  readonly insert: string;
}

/** What parsers stumble over, whatever their language. */
const awkward = [
  ..."\0\t\n\r\v\f \"'\\`$%&()[]{}<>*+-=~|/:;,.!?#@^_",
  "\r\n",
  "\u00a0",
  "\u2028",
  "\ufeff",
  "\ufffd",
  "\ud800",
  "\u0301",
  "𝒳",
  "İ",
  "ß",
  "%00",
  "%zz",
  "\\u0000",
  "__proto__",
  "constructor",
  "0",
  "-1",
  "1e400",
  "99999999999999999999",
  "NaN",
];

/**
 * Texts that are nearly what a parser expects: some of the good ones, one after the other, with
 * pieces removed, added, and repeated up to some ten thousand times. Now and then a text of chance.
 *
 * @param good Texts that the parser takes.
 * @param pieces What has a meaning in the parser's language.
 */
export function brokenText(
  good: readonly string[],
  pieces: readonly string[] = [],
): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...awkward, ...pieces) },
    { weight: 1, arbitrary: fc.constantFrom(...good) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 4 }) },
  );
  const times = fc.oneof(
    { weight: 30, arbitrary: fc.constant(1) },
    { weight: 3, arbitrary: fc.integer({ min: 2, max: 50 }) },
    { weight: 1, arbitrary: fc.constantFrom(1000, 20_000) },
  );
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 12 })),
    insert: fc.tuple(piece, times).map(([text, count]) => text.repeat(count)),
  });
  const nearlyGood = fc
    .tuple(
      fc.array(fc.constantFrom(...good), { minLength: 1, maxLength: 3 }),
      fc.array(edit, { maxLength: 6 }),
    )
    .map(([texts, edits]) => edits.reduce(edited, texts.join("")));
  return fc.oneof(
    { weight: 9, arbitrary: nearlyGood },
    { weight: 1, arbitrary: fc.array(piece, { maxLength: 30 }).map((texts) => texts.join("")) },
  );
}

function edited(text: string, { at, remove, insert }: Edit): string {
  const from = Math.floor(at * text.length);
  return text.slice(0, from) + insert + text.slice(from + remove);
}
