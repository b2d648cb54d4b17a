import { copyFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Program } from "../measure.js";
import type { Contender, Turn } from "./contender.js";
import { applyArgs } from "./pg-mig.js";

/** Of the shards, and in the names of their versions, that nothing holds up. */
export const freePrefix = "fr";

export const freeAlone: Contender = {
  name: "free alone",
  about: "pg-mig until the last free shard is done, without the versions of the held ones",
  async program(turn) {
    const migrations = join(turn.folder, "free");
    await mkdir(migrations);
    const files = await readdir(turn.migrations);
    for (const file of files.filter((name) => name.includes(`.${freePrefix}.`))) {
      await copyFile(join(turn.migrations, file), join(migrations, file));
    }
    return untilFreeAreDone({ ...turn, migrations });
  },
};

export const freeBesideHeld: Contender = {
  name: "free beside held",
  about: "pg-mig until the last free shard is done, with the held ones",
  program: untilFreeAreDone,
};

function untilFreeAreDone(turn: Turn): Program {
  return {
    command: process.execPath,
    args: [...applyArgs(turn), "--json"],
    isDone: (line) => line.includes('"step:done"') && line.includes(`"shard":"${freePrefix}`),
  };
}
