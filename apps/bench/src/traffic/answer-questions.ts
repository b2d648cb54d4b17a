import { createInterface } from "node:readline";
import type { ConnectionTraffic } from "./traffic.js";

/**
 * What a program that listens on ports says to the one that started it: first the ports; then for every
 * line that comes, what has gone over its connections so far; as JSON, a line each. Ends the process with
 * its standard input.
 */
export function answerQuestions(
  ports: readonly number[],
  traffic: () => readonly ConnectionTraffic[],
): void {
  console.log(JSON.stringify(ports));
  createInterface({ input: process.stdin })
    .on("line", () => console.log(JSON.stringify(traffic())))
    .on("close", () => process.exit());
}
