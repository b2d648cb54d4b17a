import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, loadavg } from "node:os";
import { startNodes, type TestNode } from "@pg-mig/testkit";
import type { Contender } from "./contenders/contender.js";
import { type BenchOptions, readOptions } from "./options.js";
import { withFigures } from "./readme-figures.js";
import { jsonResult, markdownLines, tableLines } from "./report.js";
import { runRounds } from "./rounds.js";
import { measuredSettings } from "./servers/postgres-servers.js";
import { makeLoginsUsual } from "./servers/usual-logins.js";
import { works } from "./works/table.js";
import type { Work } from "./works/work.js";

const readme = new URL("../README.md", import.meta.url);

try {
  await run(readOptions(process.argv.slice(2), works));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function run(options: BenchOptions): Promise<void> {
  const { major } = options;
  const onPostgres = options.works.filter(({ servers }) => servers === "postgres");
  const count = Math.max(0, ...onPostgres.map((work) => options.sizeOf(work).nodes));
  const cluster =
    count === 0
      ? undefined
      : await startNodes({
          count,
          settings: measuredSettings,
          ...(major === undefined ? {} : { major }),
        });
  const results: unknown[] = [];
  try {
    await makeLoginsUsual(cluster?.nodes ?? []);
    for (const work of options.works) {
      results.push(await measureWork(work, options, cluster?.nodes ?? []));
    }
  } finally {
    await cluster?.stop();
  }
  if (options.output === "json") {
    console.log(JSON.stringify({ machine: machine(), results }, undefined, 2));
  }
}

async function measureWork(
  work: Work,
  options: BenchOptions,
  nodes: readonly TestNode[],
): Promise<unknown> {
  const { sizeOf, rounds, output } = options;
  const { contenders, leftOut } = await chooseContenders(work, options);
  const onRun = (what: string) => showProgress(`${work.name}: ${what} `);
  const result = await runRounds({ work, size: sizeOf(work), contenders, rounds, nodes, onRun });
  showProgress("");
  if (output !== "json") {
    console.log(tableLines(result, leftOut).join("\n"));
  }
  if (output === "readme") {
    const lines = markdownLines(result, leftOut, machine());
    await writeFile(readme, withFigures(await readFile(readme, "utf8"), work.name, lines));
  }
  return jsonResult(result, leftOut);
}

/** Those that were asked for and can take part; why others cannot, by name. */
async function chooseContenders(work: Work, { contenders: chosen }: BenchOptions) {
  const leftOut = new Map<string, string>();
  const contenders: Contender[] = [];
  for (const contender of work.contenders) {
    const isChosen = chosen?.includes(contender.name) ?? true;
    const missing = isChosen ? await contender.missing?.() : undefined;
    if (missing !== undefined) {
      leftOut.set(contender.name, missing);
    } else if (isChosen) {
      contenders.push(contender);
    }
  }
  return { contenders, leftOut };
}

/** On a terminal, one line that shows where it is. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) {
    process.stderr.write(`\r\x1b[K${text}`);
  }
}

/** When and on what it was measured, and how busy that was. */
function machine(): string {
  const date = new Date().toISOString().slice(0, 10);
  const load = loadavg()[0]?.toFixed(1);
  return `${date}, ${availableParallelism()} cores, Node ${process.version.slice(1)}, load ${load}`;
}
