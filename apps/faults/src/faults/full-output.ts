import { closeSync, existsSync, openSync } from "node:fs";
import type { Fault } from "../fault.js";

/** A file that is always full; other systems than Linux have none. */
const fullFile = "/dev/full";

export const fullOutputFaults: readonly Fault[] = [
  {
    name: "stderr-full",
    row: 27,
    impossible: async () => (existsSync(fullFile) ? undefined : `There is no ${fullFile} here.`),
    // What a file prints on stderr, and what a run says there, meets a full disk; the run goes on.
    async inject(scene) {
      const stderrTo = openSync(fullFile, "w");
      try {
        const ended = await scene.run({ stderrTo, args: ["--debug"] });
        const report = ended.events.at(-1);
        const isDone = report?.type === "run:done" && report.report.outcome === "done";
        return {
          outcome: "struck",
          runs: [],
          problems: isDone ? [] : [`the run ended with status ${ended.status}`],
        };
      } finally {
        closeSync(stderrTo);
      }
    },
  },
];
