import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, it } from "node:test";
import { installScripts } from "./install-scripts.mjs";

let root;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "pg-mig-install-scripts-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function put(path, manifest) {
  mkdirSync(join(root, path), { recursive: true });
  writeFileSync(join(root, path, "package.json"), JSON.stringify(manifest));
}

it("a script at install is found in what a dependency depends on", () => {
  put(".", { name: "ours", dependencies: { a: "1" } });
  put("node_modules/a", { name: "a", dependencies: { b: "1" }, scripts: { test: "true" } });
  put("node_modules/b", { name: "b", scripts: { postinstall: "true" } });
  assert.deepEqual(installScripts(root), ["b"]);
});

it("a package that npm would compile counts", () => {
  put(".", { name: "ours", dependencies: { a: "1" } });
  put("node_modules/a", { name: "a" });
  writeFileSync(join(root, "node_modules/a/binding.gyp"), "{}");
  assert.deepEqual(installScripts(root), ["a"]);
});

it("what only development needs does not count, nor does an optional package of another platform", () => {
  put(".", { name: "ours", devDependencies: { a: "1" }, optionalDependencies: { other: "1" } });
  put("node_modules/a", { name: "a", scripts: { install: "true" } });
  assert.deepEqual(installScripts(root), []);
});

it("a dependency that is not installed is an error, not a pass", () => {
  put(".", { name: "ours", dependencies: { a: "1" } });
  assert.throws(() => installScripts(root), /ours needs a, which is not installed/);
});
