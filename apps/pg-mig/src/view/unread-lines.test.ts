import { describe, expect, it } from "vitest";
import { renderLine } from "./styled-line.js";
import { unreadLines } from "./unread-lines.js";

describe("unreadLines", () => {
  it("lists the shards of one reason together, and spells out what to set", () => {
    const families = "for such shards, let the setting `scratch` name a server of 14-15";
    const unread = [
      ...["sh0001", "sh0002", "sh0003"].map((shard) => ({ node: "db1", shard, reason: families })),
      { node: "db2", shard: "sh0007", reason: "its ledger changed meanwhile" },
      { node: "db2", shard: "sh0008", reason: families },
    ];
    expect(unreadLines(unread).map((spans) => renderLine(spans, { colors: false }))).toEqual([
      "db1:sh0001-0003; db2:sh0008 could not be read: for such shards, let --scratch name a server of 14-15",
      "db2:sh0007 could not be read: its ledger changed meanwhile",
    ]);
  });

  it("keeps apart those that others block", () => {
    const blocked = (shard: string, pid: number) => ({
      ...{ node: "db1", shard, reason: "its tables are locked" },
      blockedBy: [{ pid, state: "active" }],
    });
    expect(unreadLines([blocked("sh0001", 17), blocked("sh0002", 18)])).toHaveLength(2);
  });
});
