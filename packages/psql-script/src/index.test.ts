import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { commandHandler } from "./commands/handlers.js";
import * as face from "./index.js";
import { commandRule } from "./lex/command-table.js";

describe("the package", () => {
  it("exports what its README names", () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    expect(Object.keys(face).sort()).toEqual([
      "ScriptError",
      "isInclude",
      "isReconnect",
      "leadingWords",
      "loadScript",
      "parseScript",
      "runScript",
      "runsShell",
      "sendMessages",
      "toNotice",
      "tokenize",
    ]);
    for (const name of Object.keys(face)) {
      expect(readme).toContain(`\`${name}`);
    }
  });

  it("names all commands that it carries out in its README, and has a handler for each", () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    const [, names = ""] = /\| `((?:\\\w+ ?)+)` \| as psql \|/.exec(readme) ?? [];
    expect(names.split(" ").length).toBeGreaterThan(20);
    for (const name of names.split(" ").map((word) => word.slice(1))) {
      expect(commandRule(name)?.verdict, name).toBe("run");
      expect(commandHandler(name), name).toBeTypeOf("function");
    }
  });
});
