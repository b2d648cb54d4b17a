import { plainAhead } from "../contenders/plain.js";
import { contenders } from "../contenders/table.js";
import { newTable } from "./versions.js";
import type { Work } from "./work.js";

export const heavy: Work = {
  name: "heavy",
  about: "tables with indexes: the servers have work to do, and sessions are reset",
  size: { nodes: 3, shards: 100, versions: 10, parallelism: 10 },
  quick: { shards: 20 },
  servers: "postgres",
  version: newTable,
  contenders: [...contenders, plainAhead],
  roundTrips: "counted",
  targets: [
    { figure: "wall", against: "plain", atMost: 1.1 },
    { figure: "wall", against: "psql", atMost: 1 },
    { figure: "wall", against: "loop", atMost: 1 },
  ],
};
