import type { Contender } from "./contender.js";
import { applyArgs } from "./pg-mig.js";

export const pgMigTenth: Contender = {
  name: "pg-mig 1/10",
  about: "the built command on every tenth shard, times ten: whether the cost is linear",
  share: 0.1,
  program: (turn) => ({
    command: process.execPath,
    args: [...applyArgs(turn), "--only=shard=sh*0"],
  }),
};
