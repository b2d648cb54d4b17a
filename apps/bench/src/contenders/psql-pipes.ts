import type { Contender } from "./contender.js";
import { psqlMissing, stepText } from "./psql.js";
import { psqlSessions } from "./psql-sessions.js";

export const psqlPipes: Contender = {
  name: "psql",
  about: "the same SQL and transactions through as many psql sessions, a file each; no ledger",
  missing: psqlMissing,
  program: (turn) =>
    psqlSessions(turn, (shard) => turn.job.versions.map((one) => stepText(shard, one)).join("")),
};
