import { freeAlone, freeBesideHeld, freePrefix } from "../contenders/held.js";
import { newTable } from "./versions.js";
import type { Work } from "./work.js";

const heldPrefix = "he";

export const held: Work = {
  name: "held",
  about:
    "half of the shards wait for their turn under $parallelism_global = 1; the others must not",
  size: { nodes: 3, shards: 200, versions: 14, parallelism: 10 },
  quick: { shards: 20, versions: 4 },
  servers: "postgres",
  shardName: (n) => `${n % 2 === 0 ? freePrefix : heldPrefix}${String(n).padStart(4, "0")}`,
  version(n) {
    const version = newTable(n);
    return n % 2 === 0
      ? { ...version, prefix: freePrefix }
      : { ...version, prefix: heldPrefix, sql: `-- $parallelism_global = 1\n${version.sql}` };
  },
  contenders: [freeAlone, freeBesideHeld],
  targets: [{ figure: "wall", of: freeBesideHeld.name, against: freeAlone.name, atMost: 1.1 }],
};
