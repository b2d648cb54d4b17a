import { noOp } from "../contenders/no-op.js";
import { pgMig } from "../contenders/pg-mig.js";
import { plain, plainAhead } from "../contenders/plain.js";
import { psqlPipes } from "../contenders/psql-pipes.js";
import { raw } from "../contenders/raw.js";
import { addColumn, itemsTable } from "./versions.js";
import type { Work } from "./work.js";

export const wide: Work = {
  name: "wide",
  about: "one node with very many shards",
  size: { nodes: 1, shards: 5000, versions: 1, parallelism: 10 },
  quick: { shards: 1000 },
  servers: "postgres",
  shardSql: itemsTable,
  version: addColumn,
  contenders: [raw, plain, plainAhead, psqlPipes, pgMig, noOp],
  targets: [
    { figure: "wall", against: "raw", atMost: 2.1 },
    { figure: "server CPU", against: "raw", atMost: 2.4 },
    { figure: "wall", of: noOp.name, atMost: 1 },
    { figure: "peak memory", atMost: 120 },
  ],
};
