import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { listenForInterruption } from "./interruption.js";

it("aborts at the first signal, takes close ones for the same, and exits at a later one", () => {
  const exits: number[] = [];
  const source = Object.assign(new EventEmitter(), {
    exit: (status: number) => {
      exits.push(status);
      return undefined as never;
    },
  });
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
