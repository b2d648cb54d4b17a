import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isConninfo, parseConninfo, renderConninfo } from "./conninfo.js";

describe("parseConninfo", () => {
  it("reads back every connection string that is written", () => {
    const keyword = fc.constantFrom("host", "password", "options", "dbname");
    fc.assert(
      fc.property(fc.dictionary(keyword, fc.string({ unit: "binary" })), (parameters) => {
        const text = renderConninfo(parameters);
        expect(parseConninfo(text)).toEqual({ ...parameters });
        expect(text === "" || isConninfo(text)).toBe(true);
      }),
    );
  });

  it("ends on every text, with parameters or an error that shows nothing of it", () => {
    const pieces = fc.constantFrom("Q", "=", "'", "\\", " ", "\n", "host", "ü");
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
        try {
          parseConninfo(parts.join(""));
        } catch (error) {
          expect(error instanceof Error && error.message).not.toMatch(/Q|ü/);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
