import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import type { FigureSummary } from "./figures.js";
import { works } from "./works/table.js";
import type { Figure, Work } from "./works/work.js";

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const tiny = ["--rounds=1", "--nodes=1", "--shards=2", "--versions=1", "--megabytes=0.01"];

async function bench(...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [main, ...args])).stdout;
}

interface JsonResult {
  readonly work: string;
  readonly contenders: Record<string, Partial<Record<Figure, FigureSummary>>>;
  readonly leftOut: Record<string, string>;
  readonly targets: readonly { readonly measured?: number }[];
}

describe("the bench", () => {
  it("measures every contender with every work", async () => {
    const names = works.map(({ name }) => name);
    const { results } = JSON.parse(await bench(...names, "--json", ...tiny));
    expect(results.map(({ work }: JsonResult) => work)).toEqual(names);
    for (const [i, work] of works.entries()) {
      checkResult(results[i], work);
    }
  });

  function checkResult({ contenders, leftOut, targets }: JsonResult, work: Work): void {
    const names = work.contenders.map(({ name }) => name);
    expect([...Object.keys(contenders), ...Object.keys(leftOut)].sort()).toEqual(names.toSorted());
    for (const figures of Object.values(contenders)) {
      expect(figures.wall?.median).toBeGreaterThan(0);
      expect(figures["client CPU"]?.median).toBeGreaterThan(0);
    }
    // Whoever commits each version by itself has two round trips or more, or did not do the work.
    for (const name of ["plain", "pg-mig"]) {
      const trips = contenders[name]?.["round trips a version"]?.median ?? 2;
      expect(trips).toBeGreaterThanOrEqual(2);
    }
    expect(targets).toHaveLength(work.targets.length);
  }

  it("shows a table with the targets, and measures the contenders that are named", async () => {
    const output = await bench("stub-900", "--contenders=plain,pg-mig", ...tiny);
    expect(output).toMatch(/^contender +wall s \(range\) +CPU s /m);
    expect(output).toMatch(/^plain +\d/m);
    expect(output).not.toMatch(/^raw /m);
    expect(output).toMatch(
      /^ {2}client CPU, pg-mig \/ plain at most 1\.30: [\d.]+: (reached|missed)$/m,
    );
  });

  it.each([
    ["a work that there is not", ["mall"], 'There is no work "mall". There are: stub, '],
    [
      "a contender that there is not",
      ["small", "--contenders=pgmig"],
      'There is no contender "pgmig".',
    ],
    [
      "a number that is none",
      ["small", "--rounds=many"],
      "--rounds=many: a whole number from 1 is wanted.",
    ],
  ])("refuses %s", async (_, args, message) => {
    await expect(bench(...args)).rejects.toThrow(message);
  });
});
