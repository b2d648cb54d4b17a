import { join } from "node:path";
import type { Contender } from "./contender.js";
import { psqlMissing } from "./psql.js";
import { psqlSessions } from "./psql-sessions.js";

export const psqlFiles: Contender = {
  name: "psql -f",
  about: "psql that reads the very files, in a transaction as far as they let it; no ledger",
  missing: psqlMissing,
  program: (turn) =>
    psqlSessions(turn, (shard) => {
      const files = turn.job.versions.map(({ name }) => join(turn.migrations, `${name}.up.sql`));
      const steps = files.map((file) => `BEGIN;\n\\i ${file}\nCOMMIT;\n`);
      return `SET search_path TO ${shard};\n${steps.join("")}`;
    }),
};
