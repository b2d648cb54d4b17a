import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

interface Cryptography extends Record<string, unknown> {
  deriveKey(password: string, salt: Buffer, iterations: number): Promise<Buffer>;
  randomBytes(length: number): Buffer;
}

const require = createRequire(import.meta.url);
const ours: Cryptography = require("../login-cryptography.cjs");
/** The module of pg that ours stands for. */
const ofPg: Cryptography = require("pg/lib/crypto/utils");

const text = fc.string({ unit: "binary" });
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));

/** What each is asked, but for what is left to chance. */
const questions = {
  deriveKey: fc.tuple(text, bytes, fc.integer({ min: 1, max: 50 })),
  // The Web Crypto API takes no empty key.
  hmacSha256: fc.tuple(
    bytes.filter(({ length }) => length > 0),
    text,
  ),
  sha256: fc.tuple(bytes),
  hashByName: fc.tuple(fc.constantFrom("SHA-1", "SHA-256", "SHA-384", "SHA-512"), bytes),
  md5: fc.tuple(text),
  postgresMd5PasswordHash: fc.tuple(text, text, bytes),
};

describe("the cryptography of logins", () => {
  it.each(Object.entries(questions))("%s answers as pg's own", async (name, question) => {
    await fc.assert(
      fc.asyncProperty(question as fc.Arbitrary<unknown[]>, async (args) => {
        const [own, theirs] = [ours, ofPg].map(
          (one) => one[name] as (...given: unknown[]) => unknown,
        );
        expect(plain(await own?.(...args))).toEqual(plain(await theirs?.(...args)));
      }),
    );
  });

  it("exports all that pg's own does", () => {
    expect(Object.keys(ours).sort()).toEqual(Object.keys(ofPg).sort());
  });

  it("gives other bytes each time it is asked for some", () => {
    const given = Array.from({ length: 50 }, () => ours.randomBytes(18).toString("base64"));
    expect(new Set(given).size).toBe(50);
    expect(ours.randomBytes(18)).toHaveLength(18);
  });

  it("salts a password once for all sessions of a server", async () => {
    const [salt, other] = [Buffer.from("a salt"), Buffer.from("another")];
    const first = ours.deriveKey("secret", salt, 4096);
    expect(ours.deriveKey("secret", Buffer.from("a salt"), 4096)).toBe(first);
    const others = [
      ours.deriveKey("secrets", salt, 4096),
      ours.deriveKey("secret", other, 4096),
      ours.deriveKey("secret", salt, 4097),
    ];
    const keys = (await Promise.all([first, ...others])).map((key) => key.toString("hex"));
    expect(new Set(keys).size).toBe(4);
  });
});

function plain(answer: unknown): unknown {
  return typeof answer === "string" ? answer : Buffer.from(answer as ArrayBuffer).toString("hex");
}
