import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Contender } from "./contender.js";
import { ownProgram } from "./own-program.js";

export const loop: Contender = {
  name: "loop",
  about:
    "node-pg-migrate's runner in a loop over kept connections, without its lock; its own ledger",
  async program(turn) {
    const migrations = join(turn.folder, "node-pg-migrate");
    await mkdir(migrations);
    for (const [n, { sql }] of turn.job.versions.entries()) {
      const name = `${1767225600000 + n}_version-${n}.sql`;
      await writeFile(join(migrations, name), `-- Up Migration\n${sql}-- Down Migration\n`);
    }
    const program = ownProgram("loop-client", turn);
    return { ...program, args: [...program.args, migrations] };
  },
};
