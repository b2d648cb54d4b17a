import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { equivalents } from "./equivalent.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

test("the equivalent mutants are of lines that are there", () => {
  const missing = equivalents.filter(({ file, line }) => {
    const lines = readFileSync(join(root, file), "utf8").split("\n");
    return !lines.some((one) => one.trim() === line);
  });
  assert.deepEqual(missing, []);
});
