import { parseArgs } from "node:util";
import type { Budget } from "./schedule.js";

export interface SuiteCommandLine {
  readonly action: "run" | "list" | "mutants";
  /** Names of faults (or of guards, for `mutants`); `undefined`: all. */
  readonly only: readonly string[] | undefined;
  readonly seed: number;
  readonly budget: Budget;
  readonly lanes: number;
}

const usage = `npm run test:faults -- [options]

  --only=<fault>,...   these alone (with --mutants: these guards)
  --times=<n>          every fault so many times
  --minutes=<n>        as many rounds as fit into that time (60)
  --share=ci           every fault once
  --seed=<n>           makes the same decisions as a run that printed this seed
  --lanes=<n>          injections at a time (2)
  --mutants            switches off the guards of the tool, one by one: each must be noticed
  --list               prints the names of faults and guards`;

/** @throws Error with the usage, for what it does not understand. */
export function parseCommandLine(args: readonly string[], now: number): SuiteCommandLine {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        only: { type: "string" },
        times: { type: "string" },
        minutes: { type: "string" },
        share: { type: "string" },
        seed: { type: "string" },
        lanes: { type: "string" },
        mutants: { type: "boolean" },
        list: { type: "boolean" },
      },
    });
    if (values.share !== undefined && values.share !== "ci") {
      throw new Error("There is one share: ci");
    }
    const times = values.share === "ci" ? 1 : positive("times", values.times);
    return {
      action: values.list ? "list" : values.mutants ? "mutants" : "run",
      only: values.only?.split(","),
      seed: positive("seed", values.seed) ?? now % 1_000_000,
      budget:
        times === undefined ? { minutes: positive("minutes", values.minutes) ?? 60 } : { times },
      lanes: positive("lanes", values.lanes) ?? 2,
    };
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
  }
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  const value = Number(text);
  if (value > 0) {
    return value;
  }
  throw new Error(`--${name} takes a number above zero, not "${text}"`);
}
