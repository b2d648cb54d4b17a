import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { rerunFingerprint } from "./rerun-fingerprint.js";

const page = await readFile(new URL("../../../docs/formats.md", import.meta.url), "utf8");

it("docs/formats.md shows a fingerprint", () => {
  const hooks = ["SELECT 'before';", "SELECT 'after';"];
  const fingerprint = rerunFingerprint(["public", "sh0001", "sh0002"], hooks);
  expect(page).toContain(`\`\`\`text\n${fingerprint}\n\`\`\``);
});
