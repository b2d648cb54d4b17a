import { PgMigError } from "@pg-mig/model";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type FuzzOutcome, fuzz } from "./fuzz.js";
import { withCode } from "./with-code.js";

const words = fc.constantFrom("good", "bad");

it("counts what is taken and what is refused", () => {
  let outcome: FuzzOutcome | undefined;
  const parse = (word: string) => {
    if (word === "bad") {
      throw new PgMigError("This is bad.", { code: "SETTING_INVALID" });
    }
  };
  fuzz("words", words, parse, {
    seconds: 0.2,
    tell: (counted) => {
      outcome = counted;
    },
  });
  expect(outcome?.taken).toBeGreaterThan(0);
  expect(outcome?.refused.SETTING_INVALID).toBeGreaterThan(0);
  expect(outcome?.inputs).toBe((outcome?.taken ?? 0) + (outcome?.refused.SETTING_INVALID ?? 0));
});

it("fails on an error without a code, with the input", () => {
  const parse = (word: string) => {
    if (word === "bad") {
      throw new TypeError("undefined is not a function");
    }
  };
  expect(() => fuzz("words", words, parse)).toThrow(/undefined is not a function\nInput: "bad"/);
});

it("fails on an error that shows a stack", () => {
  const parse = () => {
    throw new PgMigError("It broke:\n    at parse (parse.js:1:1)", { code: "SETTING_INVALID" });
  };
  expect(() => fuzz("words", words, parse)).toThrow(/has a stack/);
});

it("interrupts a call that never ends, and names its input", () => {
  const parse = (word: string) => {
    while (word === "bad") {}
  };
  expect(() => fuzz("words", words, parse, { hangsAfterMs: 100 })).toThrow(
    /never ends\nInput: "bad"/,
  );
});

it("takes a plain error for one that a caller gives a code, and no other kind of error", () => {
  const plain = withCode("NODE_LIST_INVALID", () => {
    throw new Error("Line 1 is no node.");
  });
  expect(plain).toThrow(expect.objectContaining({ code: "NODE_LIST_INVALID" }));
  const broken = withCode("NODE_LIST_INVALID", () => {
    throw new URIError("URI malformed");
  });
  expect(broken).toThrow(URIError);
});
