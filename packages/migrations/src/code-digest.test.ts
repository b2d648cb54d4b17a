import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeDigest, shortDigest } from "./code-digest.js";
import { parseVersion } from "./version.js";

const disk = (...names: readonly string[]) => names.flatMap((name) => parseVersion(name) ?? []);

describe("codeDigest", () => {
  it("is 0 and the hash of nothing without versions", () => {
    expect(codeDigest([])).toBe(
      "0.e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
  });

  // The hash: printf '20200101000000.a.sh\n20200102000000.b.sh' | sha256sum
  it("is the digits of the last version and the hash of the names, sorted, in lines", () => {
    expect(codeDigest(disk("20200102000000.b.sh", "20200101000000.a.sh"))).toBe(
      "20200102000000.fca683efb29612c9f2882064a6f9d03b4b5a0b2706f278ec734ab3dd17daf94c",
    );
  });

  it("has the digits of the last of many versions", () => {
    for (const count of [1, 2, 3, 7]) {
      const names = Array.from({ length: count }, (_, i) => `2020010${i + 1}000000.a.sh`);
      expect(codeDigest(disk(...names))).toMatch(new RegExp(`^2020010${count}000000\\.`));
    }
  });

  it("does not depend on the order of the versions", () => {
    const versions = disk("1.a.sh", "2.b.sh", "3.c.public", "10.d.sh");
    fc.assert(
      fc.property(fc.shuffledSubarray(versions, { minLength: 4 }), (shuffled) => {
        expect(codeDigest(shuffled)).toBe(codeDigest(versions));
      }),
    );
  });
});

describe("shortDigest", () => {
  it("is the first 16 digits of the hash", () => {
    expect(shortDigest(codeDigest([]))).toBe("e3b0c44298fc1c14");
  });
});
