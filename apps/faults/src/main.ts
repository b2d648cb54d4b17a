import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { faults } from "./catalog.js";
import { parseCommandLine } from "./command-line.js";
import type { Fault } from "./fault.js";
import { tallyLine, tallyTable, violationLines } from "./report-lines.js";
import { runSuite } from "./suite.js";
import { Tallies } from "./tally.js";

const commandLine = readCommandLine();
if (commandLine.action === "list") {
  for (const { row, name } of faults) console.log(`${String(row).padStart(2)}  ${name}`);
} else process.exitCode = await run();

function readCommandLine() {
  try {
    return parseCommandLine(process.argv.slice(2), Date.now());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}

async function run(): Promise<number> {
  const { seed, budget, lanes, only } = commandLine;
  const chosen = chooseFaults(only);
  const skipped = new Map<Fault, string>();
  for (const fault of chosen) {
    const reason = await fault.impossible?.();
    if (reason === undefined) continue;
    skipped.set(fault, reason);
    console.log(`${fault.name}: skipped: ${reason}`);
  }
  const interruption = new AbortController();
  process.once("SIGINT", () => interruption.abort());
  const tallies = new Tallies(chosen);
  console.log(`Seed ${seed}, ${chosen.length - skipped.size} faults, ${lanes} at a time`);
  await runSuite({
    faults: chosen.filter((fault) => !skipped.has(fault)),
    seed,
    budget,
    lanes,
    program: toolProgram(),
    signal: interruption.signal,
    onResult({ fault }, result) {
      tallies.add(fault, result);
      if (result.violations.length > 0) console.log(violationLines(fault, result).join("\n"));
      const tally = tallies.of(fault);
      if (result.outcome === "struck" && isMilestone(tally.struck)) console.log(tallyLine(tally));
      return "go-on";
    },
  });
  const all = tallies.all();
  console.log(`\n${tallyTable(all, skipped).join("\n")}`);
  const idle = all.filter(({ fault, struck }) => struck === 0 && !skipped.has(fault));
  for (const { fault } of idle) console.log(`\n${fault.name} never happened: it breaks nothing`);
  return idle.length > 0 || all.some(({ violations }) => violations > 0) ? 1 : 0;
}

function chooseFaults(only: readonly string[] | undefined): readonly Fault[] {
  if (only === undefined) return faults;
  const unknown = only.filter((name) => !faults.some((fault) => fault.name === name));
  if (unknown.length > 0) throw new Error(`Unknown faults: ${unknown.join(", ")} (see --list)`);
  return faults.filter(({ name }) => only.includes(name));
}

/** 1, 2, 5, 10, 20, 50, …: a suite of an hour prints hundreds of lines, not thousands. */
function isMilestone(count: number): boolean {
  return /^[125]0*$/.test(String(count));
}

/** The command that is tested: the built one, unless `PG_MIG_BIN` names another file. */
function toolProgram(): string {
  const manifest = createRequire(import.meta.url).resolve("pg-mig/package.json");
  return process.env.PG_MIG_BIN ?? join(dirname(manifest), "bin", "pg-mig.cjs");
}
