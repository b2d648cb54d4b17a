import { barePg } from "../contenders/bare-pg.js";
import { noOp } from "../contenders/no-op.js";
import { nodeAlone, showHelp, showVersion } from "../contenders/start.js";
import { addColumn, itemsTable } from "./versions.js";
import type { Work } from "./work.js";

const command = {
  servers: "postgres",
  shardSql: itemsTable,
  version: addColumn,
} as const;

export const start: Work = {
  ...command,
  name: "start",
  about: "the command says its version and its help",
  size: { nodes: 1, shards: 1, versions: 1, parallelism: 10 },
  quick: {},
  contenders: [nodeAlone, showVersion, showHelp],
  targets: ["--version", "--help"].flatMap((of) => [
    { figure: "client CPU", of, against: nodeAlone.name, atMost: 1.3 },
    { figure: "wall", of, against: nodeAlone.name, atMost: 1.3 },
  ]),
};

export const nothingToDo: Work = {
  ...command,
  name: "no-op",
  about: "all is applied already",
  size: { nodes: 3, shards: 300, versions: 1, parallelism: 10 },
  quick: { shards: 100 },
  contenders: [nodeAlone, barePg, noOp],
  roundTrips: "counted",
  targets: [
    { figure: "client CPU", of: noOp.name, against: nodeAlone.name, atMost: 2.2 },
    { figure: "wall", of: noOp.name, against: nodeAlone.name, atMost: 2.2 },
  ],
};
