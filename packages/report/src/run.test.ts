import { describe, expect, it } from "vitest";
import type { Report } from "./report.js";
import { createRun } from "./run.js";
import type { RunEvent } from "./run-event.js";

const note = (message: string): RunEvent => ({ type: "note", message });
const report = { outcome: "done" } as Report;
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("createRun", () => {
  it("gives all events in order, those from before the reading too, and then ends", async () => {
    const run = createRun(async (emit) => {
      emit(note("1"));
      await turn();
      emit(note("2"));
      emit(note("3"));
      return report;
    });
    await turn();
    const seen = [];
    for await (const event of run) {
      seen.push(event);
      await turn();
    }
    expect(seen).toEqual([note("1"), note("2"), note("3")]);
    expect(await run.result).toBe(report);
  });

  it("has counted an event before anybody reads it", async () => {
    const run = createRun(async (emit, counted) => {
      emit({ type: "warning", message: "1" });
      expect(counted.model.warnings).toBe(1);
      return report;
    });
    expect(run.progress.model.warnings).toBe(1);
    for await (const _ of run) {
      expect(run.progress.model.warnings).toBe(1);
    }
  });

  it("is no slower for a reader that is slow, or leaves", async () => {
    const run = createRun(async (emit) => {
      emit(note("1"));
      emit(note("2"));
      return report;
    });
    for await (const _ of run) {
      break;
    }
    expect(await run.result).toBe(report);
  });

  it("fails where it is read and where it is awaited, behind the events before", async () => {
    const run = createRun(async (emit) => {
      emit(note("1"));
      await turn();
      throw new Error("broken");
    });
    const seen: RunEvent[] = [];
    const reading = (async () => {
      for await (const event of run) {
        seen.push(event);
      }
    })();
    await expect(reading).rejects.toThrow("broken");
    await expect(run.result).rejects.toThrow("broken");
    expect(seen).toEqual([note("1")]);
  });
});
