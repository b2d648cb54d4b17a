import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checksumOf } from "./checksum.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const sha256 = (text: string) => createHash("sha256").update(bytesOf(text)).digest("hex");

/** Lines of a file as Git stores it, the last of which is not empty. */
const lines = fc
  .array(fc.string({ unit: fc.constantFrom("a", " ", "\t", ";", "\r", "é", "\uFEFF") }))
  .map((array) => array.filter((line) => !line.startsWith("\uFEFF") && !line.endsWith("\r")))
  .filter((array) => array.at(-1) !== "");

describe("checksumOf", () => {
  it("is the SHA-256 of the bytes, where they end in one line feed and have no CRLF", () => {
    fc.assert(
      fc.property(lines, (array) => {
        const text = `${array.join("\n")}\n`;
        expect(checksumOf(bytesOf(text))).toBe(sha256(text));
      }),
    );
  });

  it("is the same with a byte order mark, with CRLF, and with any line feeds at the end", () => {
    fc.assert(
      fc.property(lines, fc.boolean(), fc.boolean(), fc.nat(3), (array, mark, crlf, more) => {
        const end = crlf ? "\r\n" : "\n";
        const text = (mark ? "\uFEFF" : "") + array.join(end) + end.repeat(more);
        expect(checksumOf(bytesOf(text))).toBe(sha256(`${array.join("\n")}\n`));
      }),
    );
  });

  it.each([
    ["a blank at the end", "a \n"],
    ["a blank line in the middle", "a\n\nb\n"],
    ["a carriage return alone", "a\r"],
    ["a byte order mark in the middle", "a\uFEFF\n"],
    ["other text", "b\n"],
  ])("is another one with %s", (_, text) => {
    const others = ["a\n", "a\nb\n"].map((other) => checksumOf(bytesOf(other)));
    expect(others).not.toContain(checksumOf(bytesOf(text)));
  });
});
