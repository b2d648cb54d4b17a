import { describe, expect, it } from "vitest";
import { chooseDigest, loadDBDigest } from "./db-digest.js";

describe("chooseDigest", () => {
  it.each([
    ["the one that all nodes have", ["2024.aa", "2024.aa"], "2024.aa"],
    ["the highest with a dot", ["2024.aa", "2025.aa", "before-undo", undefined], "2025.aa"],
    ["the smallest of the others after an undo", ["before-undo", "after-undo"], "0.after-undo"],
    ["the highest, whatever the order", ["2023.aa", "2025.aa", "2024.aa"], "2025.aa"],
    ["the smallest, past an empty one", ["b", "", "a", undefined], "0.a"],
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

  it("asks for the stored text of the function, without a name that is looked up", async () => {
    const asked: string[] = [];
    await loadDBDigest(["up"], async (_, sql) => {
      asked.push(sql);
      return [];
    });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toContain("SELECT p.prosrc AS stored FROM pg_catalog.pg_proc p");
    expect(asked[0]).toContain("'mig_digest_const'::pg_catalog.name");
  });

  it.each([
    ["no function", []],
    ["a function that shows no text", [{ stored: null }]],
    ["a function of somebody else", [{ stored: "SELECT 1" }]],
  ])("takes a node with %s for one without a digest", async (_, rows) => {
    expect(await loadDBDigest(["up"], async () => rows)).toBe("0");
  });

  it("fails without any node", async () => {
    const error = await loadDBDigest([], runSql).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "DIGEST_UNAVAILABLE" });
  });
});
