import type { ClusterHistory } from "@pg-mig/migrate";
import { describe, expect, it } from "vitest";
import { historyLines } from "./history-lines.js";
import { renderLine } from "./styled-line.js";

const drawn = (history: Partial<ClusterHistory>) =>
  historyLines({ addresses: [], versions: [], ...history }).map((spans) =>
    renderLine(spans, { colors: false }),
  );

describe("historyLines", () => {
  it("says of a version whose times are not known that none is recorded", () => {
    const versions = [{ version: "1.a.sh", shards: 600, withoutTime: 600 }];
    expect(drawn({ versions })).toEqual(["1.a.sh  600 shards  no time recorded"]);
  });

  it("says where something failed, and how often if it was more than once", () => {
    const failure = { what: "1.a.sh", code: "SCRIPT_FAILED", sqlState: "57014" };
    const run = {
      ...{ id: "1", action: "apply", startedAt: "2026-01-12T10:20:00Z", codeDigest: "0" },
      missingOn: [],
      failures: [1, 600].map((count) => ({
        ...failure,
        ...{ message: "canceled", count, first: "db1:sh0001" },
      })),
    } as const;
    expect(drawn({ runs: [run] }).filter((text) => text.includes("canceled"))).toEqual([
      "    1.a.sh: canceled (57014), on db1:sh0001",
      "    1.a.sh: canceled (57014), 600 times, first on db1:sh0001",
    ]);
  });
});
