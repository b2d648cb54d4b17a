import { describe, expect, it } from "vitest";
import { withoutCommands } from "./github-log.js";

describe("withoutCommands", () => {
  it.each([
    ["::add-mask::secret\n", "\\x3a:add-mask::secret\n"],
    ["said:\n  ::error file=a::b\n", "said:\n  \\x3a:error file=a::b\n"],
    ["n:sh1 ##[group]x\n", "n:sh1 ##\\x5bgroup]x\n"],
    ["a cast 1::text\n", "a cast 1::text\n"],
    ['{"line":"##[error]"}\n', '{"line":"##[error]"}\n'],
  ])("makes of %j what GitHub only shows", (text, shown) => {
    expect(withoutCommands(text)).toBe(shown);
  });
});
