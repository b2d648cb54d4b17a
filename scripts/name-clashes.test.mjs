import assert from "node:assert/strict";
import { it } from "node:test";
import { nameClashes } from "./name-clashes.mjs";

const clashesOf = (files) => {
  const names = [...new Set(Object.keys(files).map((file) => file.split("/")[0]))];
  const packages = names.map((name) => ({
    name,
    entries: [`${name}/index.ts`],
    sources: Object.keys(files).filter((file) => file.startsWith(`${name}/`)),
  }));
  return nameClashes(packages, (file) => files[file] ?? "");
};

it("Two packages that export a function of one name clash", () => {
  const files = {
    "a/index.ts": 'export { quote } from "./quote.js";\n',
    "a/quote.ts": "export function quote() {}\n",
    "b/index.ts": 'export {\n  literal,\n  literal as quote,\n} from "./literal.js";\n',
    "b/literal.ts": "export const literal = 1;\n",
  };
  assert.deepEqual(clashesOf(files), [
    "quote stands for different things: quote of a/quote.ts, literal of b/literal.ts",
  ]);
});

it("Functions of one name that no package exports do not clash", () => {
  const files = {
    "a/one.ts": "export async function read() {}\n",
    "a/two.ts": "export const read = 1;\n",
    "b/three.ts": "export function read() {}\n",
  };
  assert.deepEqual(clashesOf(files), []);
});

it("Types of one name clash, even if no package exports them", () => {
  const files = {
    "a/one.ts": "export interface Place {}\n",
    "a/two.ts": "export type Place = string;\n",
    "b/three.ts": "interface Place {}\nexport abstract class Node {}\n",
  };
  assert.deepEqual(clashesOf(files), [
    "Place stands for different things: Place of a/one.ts, Place of a/two.ts",
  ]);
});

it("One declaration that several packages pass on is no clash", () => {
  const files = {
    "a/index.ts": 'export type { Place } from "./place.js";\n',
    "a/place.ts": "export interface Place {}\n",
    "b/index.ts": 'export { type Place, type Other } from "a";\nexport { Pool } from "pg";\n',
    "c/index.ts": 'export type { Place as Spot } from "b";\nexport { Pool } from "pg";\n',
  };
  assert.deepEqual(clashesOf(files), []);
});
