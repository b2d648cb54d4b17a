import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const page = fileURLToPath(new URL("../man/pg-mig.1", import.meta.url));

function rendered(columns: number) {
  return spawnSync("man", ["--warnings=all", "--local-file", page], {
    encoding: "utf8",
    env: { PATH: process.env.PATH, LC_ALL: "C.UTF-8", MANWIDTH: String(columns), MANPAGER: "cat" },
  });
}

const hasMan = spawnSync("sh", ["-c", "command -v man && command -v groff"]).status === 0;

describe.skipIf(!hasMan)("the manual page (skipped if there is no man and groff)", () => {
  it.each([80, 200])("is rendered without a warning in %i columns", (columns) => {
    const { status, stdout, stderr } = rendered(columns);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^NAME\n +pg-mig - schema migrations/m);
  });

  it("has every command and option, as they are typed", () => {
    const { stdout } = rendered(80);
    for (const words of [
      ...["apply", "undo [version]", "plan", "status", "drift", "make <title@prefix>", "chain"],
      ...["list", "digest", "help [command or code]", "completion <shell>"],
      ...["--hosts <list>", "--only <conditions>", "--color <when>", "--quiet", "--dry [sql]"],
      ...["--check", "--sql", "--against <shape>", "PGHOST", "129, 130, 143"],
    ]) {
      expect(stdout.split("\n").filter((text) => text.trim().startsWith(words))).not.toEqual([]);
    }
    expect(stdout).toContain("(backticks, \\!)");
  });
});
