import { pgMig } from "../contenders/pg-mig.js";
import { pgMigTenth } from "../contenders/pg-mig-tenth.js";
import { plain } from "../contenders/plain.js";
import { raw } from "../contenders/raw.js";
import { addColumn } from "./versions.js";
import type { Work } from "./work.js";

export const opening: Work = {
  name: "opening",
  about: "very many nodes, a shard for each session: what opening a session costs the client",
  size: { nodes: 1000, shards: 10, versions: 1, parallelism: 10 },
  quick: { nodes: 50 },
  servers: "stub",
  version: addColumn,
  contenders: [raw, plain, pgMig],
  targets: [
    { figure: "client CPU", against: "raw", atMost: 2 },
    // One a slot, and one for the lock.
    { figure: "connections a node", atMost: 11 },
  ],
};

export const huge: Work = {
  name: "huge",
  about: "a million shards against a stub that answers at once",
  size: { nodes: 1000, shards: 1000, versions: 1, parallelism: 10 },
  quick: { nodes: 50, shards: 100 },
  servers: "stub",
  version: addColumn,
  contenders: [raw, plain, pgMigTenth, pgMig],
  runs: "if named",
  targets: [
    { figure: "peak memory", atMost: 1500 },
    { figure: "client CPU", against: pgMigTenth.name, atMost: 1.2 },
  ],
};
