import { describe, expect, it } from "vitest";
import { parseReading, throttleSql, whyPaused } from "./throttle-reading.js";

const limits = { pause: 2, resume: 1 };
const standby = { name: "r1", state: "streaming", lagMs: 5000, lagBytes: 10 };
const read = (reading: object, except?: readonly string[]) =>
  parseReading({ reading: { sees: true, ...reading } }, { except });

describe("parseReading", () => {
  it("takes the standby that lags most, by each measure", () => {
    const standbys = [
      standby,
      { ...standby, name: "r2", lagMs: 9000, lagBytes: 5 },
      { ...standby, name: "r3", state: "catchup", lagMs: null, lagBytes: 70_000 },
    ];
    const reading = read({ standbys });
    expect(reading).toMatchObject({ lagMs: 9000, lagOf: "r2", lagBytes: 70_000, lagBytesOf: "r3" });
    expect(whyPaused(["lagMs", "lagBytes"], reading)).toBe(
      "the standby r2 lags by 9.0 s, the standby r3 lags by 68 kB",
    );
    expect(read({ standbys }, ["r2", "r3"])).toMatchObject({ lagMs: 5000, lagOf: "r1" });
  });

  it("takes nothing for a lag that is none", () => {
    const calm = { lagMs: 0, lagBytes: 0 };
    expect(read({ standbys: null })).toMatchObject(calm);
    // It has caught up, and the server still tells how long that took.
    expect(read({ standbys: [{ ...standby, lagBytes: 0 }] })).toMatchObject(calm);
    expect(read({ standbys: [{ ...standby, state: "backup" }] })).toMatchObject(calm);
    // Who stores WAL and replays none.
    expect(read({ standbys: [{ ...standby, lagMs: null, lagBytes: null }] })).toMatchObject(calm);
  });

  it("takes what it cannot see for no number", () => {
    const unseen = { unseen: "the role may not see standbys and sessions of others" };
    const hidden = { ...standby, state: null, lagMs: null, lagBytes: null };
    expect(read({ standbys: [standby, hidden] })).toEqual(unseen);
    expect(read({ sessions: { active: 0, hidden: 1 } })).toEqual(unseen);
    expect(read({ sees: false, standbys: null })).toEqual(unseen);
    expect(read({ standbys: [{ ...hidden, name: "r2" }, standby] }, ["r2"])).toMatchObject({
      lagMs: 5000,
    });
  });
});

describe("throttleSql", () => {
  it("asks for what is limited, and for nothing else", () => {
    expect(throttleSql({ hold: "SELECT true" })).toBeUndefined();
    expect(throttleSql({ active: limits })).not.toMatch(/pg_stat_replication|pg_locks/);
    expect(throttleSql({ blocked: limits })).not.toMatch(/pg_stat_replication|pg_has_role/);
    expect(throttleSql({ lagBytes: limits })).not.toMatch(/pg_stat_activity|pg_locks/);
  });
});
