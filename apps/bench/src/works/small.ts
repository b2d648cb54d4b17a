import { pgMigJournal } from "../contenders/pg-mig-journal.js";
import { plainAhead } from "../contenders/plain.js";
import { contenders } from "../contenders/table.js";
import { addColumn, itemsTable } from "./versions.js";
import type { Work } from "./work.js";

export const small: Work = {
  name: "small",
  about: "one ADD COLUMN on many shards: everything but the SQL counts",
  size: { nodes: 3, shards: 300, versions: 1, parallelism: 10 },
  quick: { shards: 100 },
  servers: "postgres",
  shardSql: itemsTable,
  version: addColumn,
  contenders: [...contenders, plainAhead, pgMigJournal],
  roundTrips: "counted",
  targets: [
    { figure: "wall", against: "plain", atMost: 1.15 },
    { figure: "wall", against: "raw", atMost: 1.9 },
    { figure: "wall", against: "psql", atMost: 1 },
    { figure: "wall", against: "loop", atMost: 1 / 3.5 },
    { figure: "wall", against: "spawn", atMost: 1 / 20 },
  ],
};
