import { listAddresses } from "@pg-mig/report";
import type { Line } from "./styled-line.js";

/** Which servers and databases it is about: `Nodes: db1:5432/app`. */
export function nodesLine(addresses: readonly string[]): Line[] {
  return addresses.length === 0
    ? []
    : [[{ text: "Nodes: ", tone: "quiet" }, { text: listAddresses(addresses) }]];
}
