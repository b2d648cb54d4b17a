import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { optionName, settingDefinitions } from "@pg-mig/config";
import { describe, expect, it } from "vitest";
import { actionSpellings, settingSpellings, spelledOut } from "./setting-spelling.js";

describe("settings and actions in messages", () => {
  it.each([
    ["lower the setting `parallelism`.", "lower --parallelism."],
    [
      "Correct the setting `user` or the setting `sslMode`.",
      "Correct --user (PGUSER) or PGSSLMODE.",
    ],
    ["change the setting `shell`, which", "change --no-shell, which"],
    ["(the action `make`)", "(pg-mig make)"],
    [
      "the setting `constructor` and the word `make`",
      "the setting `constructor` and the word `make`",
    ],
  ])("spells out %j", (text, shown) => {
    expect(spelledOut(text)).toBe(shown);
  });

  it("leaves what is not there", () => {
    expect(spelledOut(undefined)).toBeUndefined();
  });
});

const root = join(import.meta.dirname, "../../../../packages");

/** The lines of code, without comments, of the packages below the command that report to people. */
function* codeLines() {
  const files = readdirSync(root, { encoding: "utf8", recursive: true })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => /^[^/]+\/src\/.*\.ts$/.test(file))
    // config is the layer that knows how settings are spelled; the testkit starts other programs.
    .filter((file) => !/^(config|testkit)\/|\/testing\/|\.test\.(support\.)?ts$/.test(file));
  for (const file of files) {
    for (const text of readFileSync(join(root, file), "utf8").split("\n")) {
      if (!/^\s*(\/?\*|\/\/)/.test(text)) {
        yield { file, text };
      }
    }
  }
}

describe("messages of the packages", () => {
  it("name settings and actions that the command can spell out", () => {
    const named = [...codeLines()].flatMap(({ file, text }) =>
      [...text.matchAll(/\bthe (setting|action) \\?`(\w+)/g)].map(([, kind, name = ""]) => ({
        file,
        kind,
        name,
      })),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(
      named.filter(
        ({ kind, name }) =>
          !Object.hasOwn(kind === "setting" ? settingSpellings : actionSpellings, name),
      ),
    ).toEqual([]);
  });

  it("name no option of the command", () => {
    const names = settingDefinitions.flatMap(([, definition]) => optionName(definition) ?? []);
    const options = new RegExp(
      `(?<![\\w-])(?:${[...names, "--make", "--list", "--undo", "--chain", "--dry"].join("|")})(?![\\w-])`,
    );
    // The head of chain.txt is the text of a file, written for the command's user.
    const found = [...codeLines()].filter(
      ({ file, text }) => options.test(text) && file !== "migrations/src/render-chain-file.ts",
    );
    expect(found).toEqual([]);
  });
});
