import { describe, expect, it } from "vitest";
import { chooseDigest, loadDBDigest } from "./db-digest.js";

describe("chooseDigest", () => {
  it.each([
    ["the one that all nodes have", ["2024.aa", "2024.aa"], "2024.aa"],
    ["the highest with a dot", ["2024.aa", "2025.aa", "before-undo", undefined], "2025.aa"],
    ["the smallest of the others after an undo", ["before-undo", "after-undo"], "0.after-undo"],
    ["0 where no node has one", [undefined, ""], "0"],
  ])("chooses %s", (_, digests, expected) => {
    expect(chooseDigest(digests)).toBe(expected);
  });
});

describe("loadDBDigest", () => {
  const answers = new Map([["up", " SELECT '2024.aa'; "]]);
  const runSql = async (node: string) => {
    const stored = answers.get(node);
    if (stored === undefined) {
      throw new Error(`${node} is down`);
    }
    return [{ stored }];
  };

  it("passes over nodes that do not answer", async () => {
    expect(await loadDBDigest(["down", "up"], runSql)).toBe("2024.aa");
  });

  it("fails where no node answers, with the first failure as the cause", async () => {
    await expect(loadDBDigest(["down"], runSql)).rejects.toMatchObject({
      code: "DIGEST_UNAVAILABLE",
      cause: { message: "down is down" },
    });
  });
});
