import { expect, it } from "vitest";
import { shownName } from "./shown-name.js";

it("cuts only names that are longer than a file name can be", () => {
  const longest = "v".repeat(255);
  expect(shownName(longest)).toBe(longest);
  expect(shownName(`${longest}v`)).toBe(`${"v".repeat(60)}… (256 characters)`);
});
