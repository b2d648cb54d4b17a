import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });
const first = "20240101000000.first.sh";
const second = "20240102000000.second.sh";

async function prepare(files: Readonly<Record<string, string>>) {
  const { folder, migrations, pgMig } = await scenario({ shards: ["sh1", "sh2"] });
  await migrations(files);
  return {
    run: async (args: readonly string[] = []) => {
      const { stdout } = await pgMig(["--report=report.json", ...args]);
      return { stdout, report: JSON.parse(await readFile(join(folder, "report.json"), "utf8")) };
    },
  };
}

describe("the report", () => {
  it("holds the warnings and failures that the summary tells, as run:done does", async () => {
    const { run } = await prepare({
      [first]: "DO $$ BEGIN RAISE WARNING 'Careful.'; END $$;",
      [second]: "SELECT 1 / 0;",
    });
    const place = { node: expect.any(String), version: first, message: "Careful." };
    const warnings = expect.arrayContaining([
      { ...place, shard: "sh1" },
      { ...place, shard: "sh2" },
    ]);
    const text = await run();
    expect(text.report).toMatchObject({ outcome: "failed", planned: 4, done: 2, warnings });
    expect(text.report.warnings).toHaveLength(2);
    expect(text.stdout).toContain("Warnings:\n  Careful. (2 times)\n");

    const { stdout, report } = await run(["--json"]);
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.at(-1)).toEqual({ type: "run:done", report });
    expect(report).toMatchObject({ outcome: "failed", planned: 2, done: 0, warnings: [] });
  });

  it("says why shards were not started, and what is left of them", async () => {
    const { run } = await prepare({ "before.sql": "SELECT 1 / 0;", [first]: "", [second]: "" });
    const { stdout, report } = await run();
    const notAttempted = [first, second];
    const chain = { node: expect.any(String), reason: "hook-failed", notAttempted };
    expect(report.abandoned).toEqual([
      { ...chain, shard: "sh1" },
      { ...chain, shard: "sh2" },
    ]);
    expect(stdout).toContain("Not attempted because before.sql failed: 4 steps");
  });
});
