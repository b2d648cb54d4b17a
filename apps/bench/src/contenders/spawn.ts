import type { Contender } from "./contender.js";
import { ownProgram } from "./own-program.js";
import { psqlMissing } from "./psql.js";

export const spawnPsql: Contender = {
  name: "spawn",
  about: "a psql process per version and shard, as tools that call psql do; no ledger",
  share: 0.1,
  missing: psqlMissing,
  program: (turn) => ownProgram("spawn-client", turn),
};
