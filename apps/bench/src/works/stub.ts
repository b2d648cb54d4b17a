import { pgMig } from "../contenders/pg-mig.js";
import { plain, plainAhead } from "../contenders/plain.js";
import { raw } from "../contenders/raw.js";
import { addColumn } from "./versions.js";
import type { Work } from "./work.js";

const overStub = {
  servers: "stub",
  version: addColumn,
  contenders: [raw, plain, plainAhead, pgMig],
} as const;

export const stubWarm: Work = {
  ...overStub,
  name: "stub",
  about: "one ADD COLUMN against a stub that answers at once: what a warm client costs",
  size: { nodes: 10, shards: 2000, versions: 1, parallelism: 10 },
  quick: { shards: 500 },
  targets: [{ figure: "client CPU", against: "plain", atMost: 2 }],
};

export const stubCold: Work = {
  ...overStub,
  name: "stub-900",
  about: "one ADD COLUMN against the stub, in a run so short that it is mostly start-up",
  size: { nodes: 3, shards: 300, versions: 1, parallelism: 10 },
  quick: {},
  targets: [{ figure: "client CPU", against: "plain", atMost: 1.3 }],
};
