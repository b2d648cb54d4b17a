import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { listenForInterruption } from "./interruption.js";

function signalSource() {
  const exits: number[] = [];
  const exit = (status: number) => {
    exits.push(status);
    return undefined as never;
  };
  return { source: Object.assign(new EventEmitter(), { exit }), exits };
}

describe("listenForInterruption", () => {
  it("aborts at the first signal, takes close ones for the same, and exits at a later one", () => {
    const { source, exits } = signalSource();
    let now = 1000;
    const interruption = listenForInterruption(source, () => now);
    expect(interruption.exitStatus).toBeUndefined();
    source.emit("SIGTERM");
    expect(interruption.signal.aborted).toBe(true);
    expect(interruption.exitStatus).toBe(143);
    now += 299;
    source.emit("SIGINT");
    expect(exits).toEqual([]);
    now += 1;
    source.emit("SIGINT");
    expect(exits).toEqual([143]);
    interruption.dispose();
    expect(source.listenerCount("SIGINT")).toBe(0);
  });

  it("exits at the first signal while code of the user's runs; if the process goes on, the run does not", async () => {
    const { source, exits } = signalSource();
    const interruption = listenForInterruption(source);
    const given = await interruption.leaveAtOnceDuring(async () => {
      source.emit("SIGINT");
      return 7;
    });
    expect({ given, exits }).toEqual({ given: 7, exits: [130] });
    expect(interruption.signal.aborted).toBe(true);
    expect(source.listenerCount("SIGTERM")).toBe(0);
  });

  it("does not exit at the SIGHUP of the shell that follows the one of the terminal", () => {
    const { source, exits } = signalSource();
    let now = 0;
    const interruption = listenForInterruption(source, () => now);
    source.emit("SIGHUP");
    now += 5000;
    source.emit("SIGHUP");
    expect([exits, interruption.exitStatus]).toEqual([[], 129]);
    source.emit("SIGTERM");
    expect(exits).toEqual([129]);
  });
});
