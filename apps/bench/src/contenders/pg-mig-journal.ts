import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Contender } from "./contender.js";
import { applyArgs } from "./pg-mig.js";

export const pgMigJournal: Contender = {
  name: "pg-mig+journal",
  about: "the same with `journal: true`: a row for the run on each node",
  async program(turn) {
    await writeFile(join(turn.folder, "pg-mig.config.mjs"), "export default { journal: true };\n");
    const args = applyArgs(turn).filter((arg) => arg !== "--skip-config");
    return { command: process.execPath, args, cwd: turn.folder };
  },
};
