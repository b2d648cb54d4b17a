import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { codeDigest } from "./code-digest.js";
import { renderChainFile } from "./render-chain-file.js";
import { parseVersion } from "./version.js";

const page = await readFile(new URL("../../../docs/formats.md", import.meta.url), "utf8");
const versions = ["20260105090000.initial.sh", "20260112101500.users.sh"].flatMap(
  (name) => parseVersion(name) ?? [],
);

describe("docs/formats.md", () => {
  it("shows a digest", () => {
    expect(page).toContain(`\`\`\`text\n${codeDigest(versions)}\n\`\`\``);
  });

  it("shows the lines of chain.txt that are no comments", () => {
    const lines = renderChainFile(versions).replace(/^(#.*)?\n/gm, "");
    expect(page).toContain(`\`\`\`text\n${lines}\`\`\``);
  });
});
