import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collapseShards } from "./collapse-shards.js";

const texts = (names: readonly string[]) => collapseShards(names).map(({ text }) => text);

/** Reads a range as a user would: the digits behind the dash replace those at the end of the name. */
function expand(text: string): string[] {
  if (text.startsWith('"')) {
    return [text.slice(1, -1).replaceAll('""', '"')];
  }
  const [first = "", last] = text.split("-");
  if (last === undefined) {
    return [first];
  }
  const stem = first.slice(0, -last.length);
  const from = Number(first.slice(-last.length));
  return Array.from(
    { length: Number(last) - from + 1 },
    (_, index) => `${stem}${String(from + index).padStart(last.length, "0")}`,
  );
}

const shardName = fc.oneof(
  fc.string(),
  fc.string({ unit: "grapheme" }),
  fc.stringMatching(/^[a-c-]{0,2}[0-2]{0,3}$/),
  fc.stringMatching(/^sh[0-9]{1,2}(old[0-9])?$/),
  fc.stringMatching(/^sh[0-9]{15,18}$/),
);

describe("collapseShards", () => {
  it("gives ranges that expand to the same names, each once", () => {
    fc.assert(
      fc.property(fc.array(shardName, { maxLength: 60 }), (names) => {
        const expanded = collapseShards(names).flatMap(({ text, count }) => {
          const part = expand(text);
          expect(part).toHaveLength(count);
          return part;
        });
        expect(expanded.toSorted()).toEqual([...new Set(names)].toSorted());
      }),
    );
  });

  it("gives the same ranges whatever the order of the names", () => {
    fc.assert(
      fc.property(fc.uniqueArray(shardName), fc.uniqueArray(shardName), (some, others) => {
        expect(texts([...some, ...others])).toEqual(texts([...others, ...some].toReversed()));
      }),
    );
  });

  it("leaves a gap where a number is missing", () => {
    expect(texts(["sh0007", "sh0000", "sh0001", "sh0002"])).toEqual(["sh0000-0002", "sh0007"]);
  });

  it("joins only numbers of one width", () => {
    expect(texts(["sh8", "sh9", "sh10", "sh11"])).toEqual(["sh8-9", "sh10-11"]);
  });

  it("joins the copies of a shard by their own number", () => {
    expect(texts(["sh0001old1", "sh0001old2", "sh0001"])).toEqual(["sh0001", "sh0001old1-2"]);
  });

  it("quotes a name that could be read as a range or as two names", () => {
    expect(texts(["sh1-5", "a, b", 'say "hi"', "public"])).toEqual([
      '"a, b"',
      "public",
      '"say ""hi"""',
      '"sh1-5"',
    ]);
  });
});
