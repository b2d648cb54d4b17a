// Removes a cluster whose tests have ended without stopping it. It is JavaScript so that Node can start it from src
// as from dist.
//
//   node watchdog.js DIRECTORY
import process from "node:process";
import { removeCluster } from "./remove-cluster.js";

const directory = process.argv[2] ?? "";
if (directory === "") {
  throw new Error("Expected the directory of a cluster.");
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {});
}
await removeCluster(directory);
