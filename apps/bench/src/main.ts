import { availableParallelism, loadavg } from "node:os";
import type { Contender } from "./contenders/contender.js";
import { type BenchOptions, readOptions } from "./options.js";
import { jsonResult, tableLines } from "./report.js";
import { runRounds } from "./rounds.js";
import { works } from "./works/table.js";
import type { Work } from "./works/work.js";

const options = readOptions(process.argv.slice(2), works);
const load = () => loadavg()[0]?.toFixed(1);
if (options.output === "table") {
  const date = new Date().toISOString().slice(0, 10);
  console.log(`${date}, ${availableParallelism()} cores, Node ${process.version}, load ${load()}`);
}
const results: unknown[] = [];
for (const work of options.works) {
  results.push(await measureWork(work, options));
}
if (options.output === "json") {
  console.log(JSON.stringify({ load: loadavg()[0], results }, undefined, 2));
}

async function measureWork(work: Work, { sizeOf, rounds, major, output }: BenchOptions) {
  const leftOut = new Map<string, string>();
  const contenders: Contender[] = [];
  for (const contender of work.contenders) {
    const isChosen = options.contenders?.includes(contender.name) ?? true;
    const missing = isChosen ? await contender.missing?.() : undefined;
    if (missing !== undefined) {
      leftOut.set(contender.name, missing);
    } else if (isChosen) {
      contenders.push(contender);
    }
  }
  const size = sizeOf(work);
  const onRun = (round: number, name: string) => {
    // On a terminal, one line that shows where it is.
    if (process.stderr.isTTY) {
      process.stderr.write(`\r\x1b[K${work.name}, round ${round + 1} of ${rounds}: ${name} `);
    }
  };
  const result = await runRounds({ work, size, contenders, rounds, major, onRun });
  if (process.stderr.isTTY) {
    process.stderr.write("\r\x1b[K");
  }
  if (output === "table") {
    console.log(tableLines(result, leftOut).join("\n"));
  }
  return jsonResult(result, leftOut);
}
