import { setTimeout as sleep } from "node:timers/promises";
import { whyNotThrough } from "../expectations.js";
import type { Fault } from "../fault.js";
import { reportOf } from "../tool-run.js";
import { usualRunMs, usualWorkMs } from "./passing-trouble.js";

/** Asks the tool to end, at a moment that is drawn; its status and report must tell how it ended. */
function askedToEnd(name: string, signal: NodeJS.Signals, times: number): Fault {
  return {
    name,
    row: 3,
    weight: 2,
    hooks: "both",
    async inject(scene, random) {
      const run = scene.start();
      // Before Node has set up the tool's listeners, a signal simply ends it.
      const struck = await run.isAtWorkFor(random.integer(0, usualWorkMs));
      for (let n = 0; n < times; n++) {
        run.kill(signal);
        // The tool takes two in quick succession for one: a terminal and npm both pass Ctrl-C on.
        if (n < times - 1) {
          await run.goesOnFor(random.integer(0, 600));
        }
      }
      const ended = await run.ended;
      const isCutOff = struck && ended.status === undefined && reportOf(ended) === undefined;
      return {
        outcome: struck ? "struck" : "missed",
        runs: [ended],
        problems: isCutOff ? [`${signal} ended the tool before it could stop in order`] : [],
      };
    },
  };
}

export const signalFaults: readonly Fault[] = [
  askedToEnd("sigint", "SIGINT", 1),
  askedToEnd("sigint-twice", "SIGINT", 2),
  askedToEnd("sigterm", "SIGTERM", 1),
  askedToEnd("sighup", "SIGHUP", 1),
  {
    name: "stopped-and-continued",
    row: 30,
    hooks: "both",
    async inject(scene, random) {
      const run = scene.start();
      const struck = await run.goesOnFor(random.integer(0, usualRunMs));
      run.kill("SIGSTOP");
      await sleep(random.integer(50, 1500));
      run.kill("SIGCONT");
      const ended = await run.ended;
      const outcome = struck ? "struck" : "missed";
      return { outcome, runs: [ended], problems: whyNotThrough(scene, ended) };
    },
  },
];
