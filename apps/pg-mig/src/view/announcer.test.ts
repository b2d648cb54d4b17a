import type { RunEvent } from "@pg-mig/report";
import { failureOn, serverError, shardNames } from "@pg-mig/report/testing";
import { describe, expect, it } from "vitest";
import { createAnnouncer } from "./announcer.js";
import { renderLine } from "./styled-line.js";

/** The lines that events leave, as one announcer makes them. */
function announced(events: readonly RunEvent[]): string[] {
  return events.flatMap(createAnnouncer()).map((spans) => renderLine(spans, { colors: false }));
}

const failed = (shard: string, message: string): RunEvent => ({
  type: "step:failed",
  durationMs: 1,
  ...failureOn("n", shard, { error: serverError(message, { where: {} }) }),
});

describe("createAnnouncer", () => {
  it("tells a failure three times, says that there are more, and is silent then", () => {
    const events = shardNames(100).map((shard) => failed(shard, `no table in ${shard}`));
    expect(announced(events)).toEqual([
      "failed n:sh0000 20240102.add.sh: no table in sh0000",
      "failed n:sh0001 20240102.add.sh: no table in sh0001",
      "failed n:sh0002 20240102.add.sh: no table in sh0002",
      "  … the same on more shards; all are listed at the end",
    ]);
  });

  it("tells no more than thirty failures, however different they are", () => {
    const events = shardNames(100).map((shard, index) => failed(shard, `reason ${index}`));
    const lines = announced(events);
    expect(lines).toHaveLength(31);
    expect(lines.at(-1)).toBe("  … more failures; all are listed at the end");
  });

  it("does not count a step in doubt among those that failed", () => {
    const { node, shard, version, error, notAttempted } = failureOn("n", "a");
    const inDoubt: RunEvent = { type: "step:in-doubt", node, shard, version, error, notAttempted };
    const lines = announced([failed("a", error.message), inDoubt]);
    expect(lines[1]).toMatch(/^in doubt n:a 20240102.add.sh/);
  });

  it("shows the first lines that a file prints, each file for itself", () => {
    const output = (file: string, line: string): RunEvent => ({
      type: "output",
      node: "n",
      shard: "a",
      file,
      line,
    });
    const events = Array.from({ length: 50 }, (_, index) => output("a.sql", `line ${index}`));
    const lines = announced([...events, output("b.sql", "hello")]);
    expect(lines[0]).toBe("n:a line 0");
    expect(lines).toHaveLength(22);
    expect(lines.slice(-2)).toEqual(["  … a.sql prints more; --json shows it all", "n:a hello"]);
  });

  it("warns of a version before it runs, a few times, and leaves other warnings to the summary", () => {
    const warning = (version: string): RunEvent => ({
      type: "warning",
      version,
      message: `${version} does nothing.`,
    });
    const others: RunEvent[] = [
      { type: "warning", message: "the run" },
      { type: "warning", node: "n", message: "the node" },
      { type: "warning", node: "n", shard: "a", version: "1.a.sh", message: "the server" },
    ];
    expect(announced([...["1", "2", "3", "4", "5"].map(warning), ...others])).toEqual([
      "warning: 1 does nothing.",
      "warning: 2 does nothing.",
      "warning: 3 does nothing.",
      "  … the same for more files; all are listed at the end",
    ]);
  });
});
