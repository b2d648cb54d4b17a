import { pgMig } from "../contenders/pg-mig.js";
import { plain } from "../contenders/plain.js";
import { psqlLedger } from "../contenders/psql-ledger.js";
import { raw } from "../contenders/raw.js";
import { addColumn, itemsTable } from "./versions.js";
import type { Work } from "./work.js";

export const chain: Work = {
  name: "chain",
  about: "many versions on one shard, whose ledger grows: no parallelism helps",
  size: { nodes: 1, shards: 1, versions: 1000, parallelism: 10 },
  quick: { versions: 200 },
  servers: "postgres",
  shardSql: itemsTable,
  version: addColumn,
  contenders: [raw, plain, psqlLedger, pgMig],
  targets: [{ figure: "wall", against: "psql+ledger", atMost: 1.3 }],
};
