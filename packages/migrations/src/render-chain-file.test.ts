import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeDigest, shortDigest } from "./code-digest.js";
import { renderChainFile } from "./render-chain-file.js";
import { parseVersion } from "./version.js";

const disk = (...names: readonly string[]) => names.flatMap((name) => parseVersion(name) ?? []);

describe("renderChainFile", () => {
  it("ends in the short digest and a line per version that names the one before it", () => {
    const versions = disk("1.a.sh", "2.b.public", "3.c.sh");
    const lines = renderChainFile(versions)
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    expect(lines).toEqual([
      shortDigest(codeDigest(versions)),
      "(init) -> 1.a.sh",
      "1.a.sh -> 2.b.public",
      "2.b.public -> 3.c.sh",
    ]);
  });

  it("says in its comment what to do on a conflict", () => {
    expect(renderChainFile([])).toMatch(/^#.*\n(#.*\n)*#.*pg-mig --chain/);
  });

  it("gives the same bytes for the same versions in any order", () => {
    const versions = disk("1.a.sh", "2.b.sh", "10.c.sh", "3.d.public");
    fc.assert(
      fc.property(fc.shuffledSubarray(versions, { minLength: 4 }), (shuffled) => {
        expect(renderChainFile(shuffled)).toBe(renderChainFile(versions));
      }),
    );
  });

  const of2x = (warning: string) => `\
#
# Text of pg-mig 2.x.
#

digest=2.9f1c1c0f3f0f6b0d  # ${warning}

(init) -> 1.a.sh  # ${warning}
1.a.sh -> 2.b.sh  # ${warning}
`;

  it("keeps the text of 2.x, and writes its form", () => {
    const versions = disk("1.a.sh", "2.b.sh", "3.c.sh");
    const short = shortDigest(codeDigest(versions));
    expect(renderChainFile(versions, of2x("READ ABOVE!"))).toBe(
      of2x("READ ABOVE!").replace("2.9f1c1c0f3f0f6b0d", `3.${short}`) +
        "2.b.sh -> 3.c.sh  # READ ABOVE!\n",
    );
  });

  it("changes the lines of what came, what went and what follows another version, and no other", () => {
    const before = `# ours\n0123456789abcdef # short\n\n(init) -> 1.a.sh # first\n# on b\n1.a.sh -> 2.b.sh\n# on d\n2.b.sh -> 4.d.sh # fourth\n# end\n`;
    const versions = disk("1.a.sh", "3.c.sh", "4.d.sh");
    expect(renderChainFile(versions, before)).toBe(
      `# ours\n${shortDigest(codeDigest(versions))} # short\n\n(init) -> 1.a.sh # first\n1.a.sh -> 3.c.sh\n# on b\n# on d\n3.c.sh -> 4.d.sh # fourth\n# end\n`,
    );
  });

  it("keeps the ends of lines, a byte order mark, and a comment without a sign", () => {
    const versions = disk("1.a.sh", "2.b b.sh");
    const before = `\ufeff# x\r\n${shortDigest(codeDigest(versions))}\r\n(init) -> 1.a.sh see 1.a.sh\r\n`;
    const after = `${before}1.a.sh -> 2.b b.sh\r\n`;
    expect(renderChainFile(versions, before)).toBe(after);
    expect(renderChainFile(versions, after)).toBe(after);
  });

  it("gives a file without a digest its line", () => {
    const versions = disk("1.a.sh");
    expect(renderChainFile(versions, "# mine\n(init) -> 1.a.sh\n")).toBe(
      `# mine\n${shortDigest(codeDigest(versions))}\n(init) -> 1.a.sh\n`,
    );
  });

  const names = fc.uniqueArray(
    fc.tuple(
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom("a", "a b", "-> x"),
      fc.constantFrom("sh", "public"),
    ),
    { selector: ([number]) => number, maxLength: 12 },
  );
  const versionsOf = (parts: readonly (readonly [number, string, string])[]) =>
    disk(...parts.map((part) => part.join(".")));
  const comment = fc.constantFrom("", "  # note", " # READ ABOVE!", "\t# 1.a.sh", " plain words");
  const isLink = (line: string) => / -> /.test(line) && !line.startsWith("#");

  it("keeps every comment and every line that is still right, for any edits of either side", () => {
    fc.assert(
      fc.property(
        names,
        names,
        fc.array(comment, { minLength: 13, maxLength: 13 }),
        fc.array(fc.constantFrom("# between", "", "# a -> b"), { minLength: 13, maxLength: 13 }),
        fc.boolean(),
        (was, is, comments, between, like2x) => {
          const versions = versionsOf(is);
          const fresh = renderChainFile(versionsOf(was)).split("\n").slice(0, -1);
          let link = 0;
          const before = fresh
            .flatMap((line) => {
              if (/^[0-9a-f]{16}$/.test(line)) {
                return [`${like2x ? "digest=1." : ""}${line}${comments[12]}`];
              }
              if (!isLink(line)) {
                return [line];
              }
              const at = link++;
              return [
                ...(between[at] === "" ? [] : [String(between[at])]),
                `${line}${comments[at]}`,
              ];
            })
            .map((line) => `${line}\n`)
            .join("");
          const after = renderChainFile(versions, before);
          expect(renderChainFile(versions, after)).toBe(after);
          const others = (text: string) =>
            text
              .split("\n")
              .filter((line) => !isLink(line) && !/^(digest=\d+\.)?[0-9a-f]{16}/.test(line));
          expect(others(after)).toEqual(others(before));
          const linksOf = (text: string) => text.split("\n").filter(isLink);
          const plain = linksOf(renderChainFile(versions));
          const kept = linksOf(before).filter((line) =>
            plain.some(
              (one) => line === one || line.startsWith(`${one} `) || line.startsWith(`${one}\t`),
            ),
          );
          expect(linksOf(after)).toEqual(expect.arrayContaining(kept));
          expect(linksOf(after).length).toBe(plain.length);
          expect(linksOf(after).every((line, index) => line.startsWith(String(plain[index])))).toBe(
            true,
          );
        },
      ),
    );
  });
});
