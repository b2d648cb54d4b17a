import type { Contender } from "./contender.js";
import { loop } from "./loop.js";
import { pgMig } from "./pg-mig.js";
import { plain } from "./plain.js";
import { psqlPipes } from "./psql-pipes.js";
import { raw } from "./raw.js";
import { spawnPsql } from "./spawn.js";

/** All contenders that can do any work, in the order in which they are shown. */
export const contenders: readonly Contender[] = [raw, plain, psqlPipes, loop, spawnPsql, pgMig];
