import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

describe("pg-mig --list", () => {
  it.each([
    ["--hosts=a:b:c", 'an entry that cannot be read, "a:b:c"'],
    ["--only=foo", '"foo" does not say what to work on'],
    ["--discovery=./nope.js", '"./nope.js" (--discovery) cannot be loaded'],
  ])("refuses %s, although it needs no server", async (option, words) => {
    const { migrations, pgMig } = await scenario();
    await migrations({ "1.a.sh": "" });
    const { status, stdout, stderr } = await pgMig(["--list", option]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^error: .*\n {2}what to do: /);
    expect(stderr).toContain(words);
  });
});
