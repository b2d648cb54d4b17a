import type { Contender } from "./contender.js";
import { applyArgs } from "./pg-mig.js";

export const withVerify: Contender = {
  name: "pg-mig --verify",
  about: "the same, which compares all shards at the end",
  program: (turn) => ({ command: process.execPath, args: [...applyArgs(turn), "--verify"] }),
};

export const withContainment: Contender = {
  name: "pg-mig --containment",
  about: "the same, which looks at the locks of each transaction",
  program: (turn) => ({ command: process.execPath, args: [...applyArgs(turn), "--containment"] }),
};
