import type { DriftReport } from "@pg-mig/migrate";
import { describe, expect, it } from "vitest";
import { driftLines } from "./drift-lines.js";
import { renderLine } from "./styled-line.js";

const alike: DriftReport = { outcome: "alike", addresses: [], shards: 0, groups: [], unread: [] };
const group = { prefix: "sh", version: "1.a.sh", differences: [] };

const drawn = (report: DriftReport) =>
  driftLines(report).map((spans) => renderLine(spans, { colors: false }));

describe("driftLines", () => {
  it("says how many shards were compared with no other", () => {
    const groups = [3, 1, 1].map((shards) => ({
      ...{ ...group, shards },
      reference: { from: "majority" as const, shards },
    }));
    expect(drawn({ ...alike, shards: 5, groups })).toEqual([
      "2 shards compared with no other: none has the same prefix and versions, on a server that prints alike (PostgreSQL 14-15, or 16-18).",
      "5 shards compared: no differences.",
    ]);
  });

  it("says nothing of that if a shard was compared with the files or with a named one", () => {
    const groups = (["files", "shard"] as const).map((from) => ({
      ...{ ...group, shards: 1 },
      reference: { from, shards: 1 },
    }));
    expect(drawn({ ...alike, shards: 2, groups })).toEqual(["2 shards compared: no differences."]);
  });
});
