import { noOp } from "../contenders/no-op.js";
import { pgMig } from "../contenders/pg-mig.js";
import { plain } from "../contenders/plain.js";
import { raw } from "../contenders/raw.js";
import { addColumn, itemsTable, newTable } from "./versions.js";
import type { Work } from "./work.js";

const overSlowNetwork = {
  size: { nodes: 3, shards: 100, versions: 3, parallelism: 10 },
  quick: { shards: 20 },
  servers: "postgres",
  latencyMs: 20,
} as const;

export const far: Work = {
  ...overSlowNetwork,
  name: "far",
  about: "40 ms there and back, files that leave nothing in the session",
  shardSql: itemsTable,
  version: addColumn,
  contenders: [raw, plain, pgMig, noOp],
  targets: [
    { figure: "round trips a version", atMost: 2 },
    { figure: "round trips a node", of: noOp.name, atMost: 6 },
  ],
};

export const farReset: Work = {
  ...overSlowNetwork,
  name: "far-reset",
  about: "40 ms there and back, sessions are reset after each version",
  version: newTable,
  contenders: [raw, plain, pgMig],
  targets: [{ figure: "round trips a version", atMost: 2 }],
};
