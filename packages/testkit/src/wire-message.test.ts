import fc from "fast-check";
import { expect, it } from "vitest";
import { sqlOf, WireMessages } from "./wire-message.js";

const letter = fc.constantFrom("Q", "P", "B", "E", "S", "X", "Z", "C", "D");
const message = fc
  .record({ letter, body: fc.uint8Array({ maxLength: 40 }) })
  .map(({ letter: type, body }) => ({ type, bytes: withLength(type, Buffer.from(body)) }));

function withLength(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type, "latin1"), length, body]);
}

function opening(code: number): Buffer {
  const body = Buffer.alloc(4);
  body.writeInt32BE(code);
  return withLength("", body);
}

it("finds the same messages, however the network has cut them", () => {
  const cuts = fc.array(fc.nat({ max: 60 }), { maxLength: 30 });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 12 }), cuts, (messages, sizes) => {
      const start = [
        { type: "encryption", bytes: opening(80877103) },
        { type: "startup", bytes: opening(196608) },
      ];
      const sent = [...start, ...messages];
      let rest = Buffer.concat(sent.map(({ bytes }) => bytes));
      const parser = new WireMessages("client");
      const found = [];
      for (const size of sizes) {
        found.push(...parser.push(rest.subarray(0, size)));
        rest = rest.subarray(size);
      }
      found.push(...parser.push(rest));
      expect(found).toEqual(sent);
    }),
  );
});

it("reads the SQL of a simple query and of a prepared one, and of nothing else", () => {
  const sql = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0"));
  fc.assert(
    fc.property(sql, sql, (text, name) => {
      const simple = withLength("Q", Buffer.from(`${text}\0`));
      const prepared = withLength("P", Buffer.from(`${name}\0${text}\0\0\0`));
      expect(sqlOf({ type: "Q", bytes: simple })).toBe(text);
      expect(sqlOf({ type: "P", bytes: prepared })).toBe(text);
      expect(sqlOf({ type: "B", bytes: prepared })).toBeUndefined();
    }),
  );
});
