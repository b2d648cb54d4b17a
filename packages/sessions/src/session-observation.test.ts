import { describe, expect, it } from "vitest";
import type { SessionActivity } from "./session-activity.js";
import { SessionObservation } from "./session-observation.js";

const active: SessionActivity = {
  pid: 1,
  state: "active",
  inStateMs: 0,
  awaitedStandbys: undefined,
  waiting: false,
  obstructs: false,
  blockedBy: [],
  progress: undefined,
};
const waitingSession = { ...active, waiting: true, blockedBy: [{ pid: 7 }] };

/** Whether the connection of one query is given up when the server says the same from 0 ms on. */
function cutOffAt(atMs: number, activity: SessionActivity | undefined) {
  const observation = new SessionObservation(undefined);
  const awaited = { sinceMs: 0 };
  observation.isCutOff(awaited, activity, { atMs: 0, silenceMs: 1000 });
  return observation.isCutOff(awaited, activity, { atMs, silenceMs: 1000 });
}

describe("SessionObservation", () => {
  it("gives a connection up when the server was through for long, or has lost the session", () => {
    for (const state of ["idle", "idle in transaction", "idle in transaction (aborted)"]) {
      expect(cutOffAt(999, { ...active, state, inStateMs: 5000 })).toBe(false);
      expect(cutOffAt(1000, { ...active, state, inStateMs: 999 })).toBe(false);
      expect(cutOffAt(1000, { ...active, state, inStateMs: 1000 })).toBe(true);
    }
    expect(cutOffAt(499, undefined)).toBe(false);
    expect(cutOffAt(500, undefined)).toBe(true);
  });

  it("never gives up what the server works at, nor what it does not tell of", () => {
    for (const state of ["active", "fastpath function call", "disabled", null]) {
      expect(cutOffAt(1e9, { ...active, state, inStateMs: 1e9 })).toBe(false);
      expect(cutOffAt(1e9, { ...waitingSession, state, inStateMs: 1e9 })).toBe(false);
    }
  });

  it("judges each query by itself, and a session that came back anew", () => {
    const observation = new SessionObservation(undefined);
    const at = (atMs: number) => ({ atMs, silenceMs: 1000 });
    const [first, second] = [{ sinceMs: 0 }, { sinceMs: 0 }];
    expect(observation.isCutOff(first, undefined, at(0))).toBe(false);
    expect(observation.isCutOff(first, active, at(400))).toBe(false);
    expect(observation.isCutOff(first, undefined, at(800))).toBe(false);
    expect(observation.isCutOff(second, undefined, at(2000))).toBe(false);
    expect(observation.isCutOff(second, undefined, at(2500))).toBe(true);
  });

  it("tells a wait once, and its end once, also when that comes with the end of the query", () => {
    const observation = new SessionObservation(undefined);
    const awaited = { sinceMs: 0 };
    const { blockedBy } = waitingSession;
    expect(observation.look(awaited)).toEqual({});
    expect(observation.see(awaited, waitingSession, 0)).toEqual({ blockedBy, waitedMs: 0 });
    expect(observation.see(awaited, waitingSession, 300)).toEqual({ waitedMs: 300 });
    expect(observation.look(awaited)).toEqual({});
    expect(observation.see(awaited, active, 500)).toEqual({ blockedBy: [], waitedMs: 0 });
    expect(observation.see(awaited, waitingSession, 900)).toEqual({ blockedBy, waitedMs: 0 });
    expect(observation.look({ sinceMs: 1 })).toEqual({ blockedBy: [] });
    expect(observation.look(undefined)).toEqual({});
  });
});
