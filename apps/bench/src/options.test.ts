import { expect, it } from "vitest";
import { readOptions } from "./options.js";
import { works } from "./works/table.js";

it.each([
  ["a contender that there is not", "--contenders=pgmig", 'There is no contender "pgmig".'],
  ["a number that is none", "--rounds=many", "--rounds=many: a whole number from 1 is wanted."],
])("The bench refuses %s", (_, option, message) => {
  expect(() => readOptions(["small", option], works)).toThrow(message);
});
