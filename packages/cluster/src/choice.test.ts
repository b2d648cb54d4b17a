import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isShardChosen, isWhollyChosen, mayHoldChosen, parseChoice } from "./choice.js";
import { type Node, resolveNodes } from "./node.js";
import type { NodeSpec } from "./node-spec.js";

function nodeOf(spec: Partial<NodeSpec> = {}): Node {
  const defaults = { port: 5432, user: "ann", database: "app", sslMode: "prefer" } as const;
  const [node] = resolveNodes([{ host: "db1", ...spec }], defaults);
  if (node === undefined) {
    throw new Error("no node");
  }
  return node;
}

const eu = nodeOf({ island: "7", labels: { region: "eu", tier: "gold" } });

describe("parseChoice", () => {
  it.each(["", "eu", "=eu", "region=", "region=eu,", "failed,,"])("refuses %j", (text) => {
    expect(() => parseChoice([text])).toThrow(expect.objectContaining({ code: "CHOICE_INVALID" }));
  });
});

describe("isShardChosen", () => {
  it.each([
    ["region=eu", true],
    ["region=e?", true],
    ["region=us", false],
    ["zone=*", false],
    ["region=us,region=eu", true],
    ["region=eu,tier=silver", false],
    ["region=eu, shard=sh00*", true],
    ["region=eu,shard=sh01*", false],
    ["island=7", true],
    ["island=8", false],
    ["host=db1", true],
    ["host=db1:5432", true],
    ["host=db1:5432/app", true],
    ["host=db*,shard=sh0042", true],
    ["host=db2", false],
    ["shard=sh0042", true],
    ["shard=sh004", false],
    ["shard=sh[0-9]*", false],
    ["toString=*", false],
  ])("for %s: %s", (text, expected) => {
    expect(isShardChosen(parseChoice([text]), { node: eu, shard: "sh0042" })).toBe(expected);
  });

  it("takes failed for the given places, under any name of their node", () => {
    const choice = parseChoice(["failed,region=eu"]);
    for (const name of ["db1", "db1:5432", "db1:5432/app"]) {
      const failed = [{ node: name, shard: "sh1" }];
      expect(isShardChosen(choice, { node: eu, shard: "sh1" }, failed)).toBe(true);
      expect(isShardChosen(choice, { node: eu, shard: "sh2" }, failed)).toBe(false);
      expect(isShardChosen(choice, { node: nodeOf(), shard: "sh1" }, failed)).toBe(false);
      const other = nodeOf({ host: "db2", labels: { region: "eu" } });
      expect(isShardChosen(choice, { node: other, shard: "sh1" }, failed)).toBe(false);
    }
    expect(isShardChosen(choice, { node: eu, shard: "sh1" })).toBe(false);
  });

  const text = fc.stringMatching(/^[^,=*?\s]{1,8}$/u);

  it("takes every text literally but for * and ?", () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const choice = parseChoice([`shard=${a}`]);
        expect(isShardChosen(choice, { node: eu, shard: b })).toBe(a === b);
      }),
    );
  });

  it("fits a glob exactly where its pieces are found in order", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 6 });
    const glob = fc.string({
      unit: fc.constantFrom("a", "b", ".", "*", "?"),
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(glob, letters, (pattern, value) => {
        const chosen = isShardChosen(parseChoice([`shard=${pattern}`]), { node: eu, shard: value });
        expect(chosen).toBe(fits(pattern, value));
      }),
    );
  });

  it("chooses with several texts what any of them chooses", () => {
    const one = fc.constantFrom("region=eu", "region=us", "shard=a*", "host=db1,shard=b", "failed");
    fc.assert(
      fc.property(fc.array(one), fc.constantFrom("a", "ab", "b"), (texts, shard) => {
        const failed = [{ node: "db1", shard: "ab" }];
        const each = texts.map((t) => isShardChosen(parseChoice([t]), { node: eu, shard }, failed));
        const together = isShardChosen(parseChoice(texts), { node: eu, shard }, failed);
        expect(together).toBe(each.includes(true));
        if (together) {
          expect(mayHoldChosen(parseChoice(texts), eu, failed)).toBe(true);
        }
        if (isWhollyChosen(parseChoice(texts), eu)) {
          expect(together).toBe(true);
        }
      }),
    );
  });
});

describe("mayHoldChosen", () => {
  it("leaves out a node that no alternative fits, whatever its shards are", () => {
    const choice = parseChoice(["region=us,shard=sh1", "failed"]);
    expect(mayHoldChosen(choice, eu, [{ node: "db2", shard: "sh1" }])).toBe(false);
    expect(mayHoldChosen(choice, eu, [{ node: "db1", shard: "sh1" }])).toBe(true);
    expect(mayHoldChosen(parseChoice(["region=us", "region=eu"]), eu)).toBe(true);
    expect(mayHoldChosen(parseChoice(["failed"]), eu)).toBe(false);
  });
});

/** What a glob means, letter by letter. */
function fits(glob: string, value: string): boolean {
  const [first, rest] = [glob[0], glob.slice(1)];
  if (first === undefined) {
    return value === "";
  }
  if (first === "*") {
    return fits(rest, value) || (value !== "" && fits(glob, value.slice(1)));
  }
  return value !== "" && (first === "?" || first === value[0]) && fits(rest, value.slice(1));
}
