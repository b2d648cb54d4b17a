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

/** Without works whose contenders all have the same to do in others, when all works have one size. */
function withoutRepetition(all: readonly Work[]): readonly Work[] {
  let kept = all;
  for (const work of all.toSorted((a, b) => a.contenders.length - b.contenders.length)) {
    const others = kept.filter((other) => other !== work);
    const busy = others
      .filter((other) => hasJobOf(other, work))
      .flatMap(({ contenders }) => contenders);
    if (work.contenders.every((contender) => busy.includes(contender))) {
      kept = others;
    }
  }
  return kept;
}

function hasJobOf(other: Work, work: Work): boolean {
  return (
    other.version === work.version &&
    other.shardName === work.shardName &&
    other.shardSql === work.shardSql &&
    other.servers === work.servers &&
    other.latencyMs === work.latencyMs &&
    (other.roundTrips === "counted" || work.roundTrips !== "counted")
  );
}

describe("the bench", () => {
  it("measures every contender with every work that is another one when it is tiny", async () => {
    const measured = withoutRepetition(works);
    const names = measured.map(({ name }) => name);
    const { results } = JSON.parse(await bench(...names, "--json", ...tiny));
    expect(results.map(({ work }: JsonResult) => work)).toEqual(names);
    for (const [i, work] of measured.entries()) {
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
    const counts =
      work.servers === "stub" || work.latencyMs !== undefined || work.roundTrips === "counted";
    for (const name of counts ? ["plain", "pg-mig"].filter((each) => each in contenders) : []) {
      expect(contenders[name]?.["round trips a version"]?.median).toBeGreaterThanOrEqual(2);
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

  it("says what it does not understand", async () => {
    await expect(bench("mall")).rejects.toThrow('There is no work "mall". There are: stub, ');
  });
});
