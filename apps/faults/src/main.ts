import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { faults } from "./catalog.js";
import { parseCommandLine } from "./command-line.js";
import type { Fault } from "./fault.js";
import { runMutants } from "./mutant-suite.js";
import { mutants } from "./mutants.js";
import { tallyLine, tallyTable, violationLines } from "./report-lines.js";
import { runSuite } from "./suite.js";
import { Tallies } from "./tally.js";

/** The command that is tested is the built one, unless `PG_MIG_BIN` names another file. */
const toolManifest = createRequire(import.meta.url).resolve("pg-mig/package.json");

const commandLine = readCommandLine();
if (commandLine.action === "list") {
  for (const { row, name } of faults) {
    console.log(`${String(row).padStart(2)}  ${name}`);
  }
  for (const { name, guard } of mutants) {
    console.log(`--mutants  ${name}: ${guard}`);
  }
} else {
  const status = await (commandLine.action === "mutants" ? checkMutants() : run());
  // All is told: nothing that a fault has left open shall keep the suite from its end.
  process.exit(status);
}

function readCommandLine() {
  try {
    const read = parseCommandLine(process.argv.slice(2), Date.now());
    const known = new Set((read.action === "mutants" ? mutants : faults).map(({ name }) => name));
    const unknown = read.only?.filter((name) => !known.has(name)) ?? [];
    if (unknown.length > 0) {
      throw new Error(`Unknown: ${unknown.join(", ")}. See --list.`);
    }
    return read;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}

async function run(): Promise<number> {
  const { seed, budget, lanes, only } = commandLine;
  const chosen = faults.filter(({ name }) => only?.includes(name) ?? true);
  const skipped = new Map<Fault, string>();
  for (const fault of chosen) {
    const reason = await fault.impossible?.();
    if (reason === undefined) {
      continue;
    }
    skipped.set(fault, reason);
    console.log(`${fault.name}: skipped: ${reason}`);
  }
  const tallies = new Tallies(chosen);
  console.log(`Seed ${seed}, ${chosen.length - skipped.size} faults, ${lanes} at a time`);
  await runSuite({
    faults: chosen.filter((fault) => !skipped.has(fault)),
    seed,
    budget,
    lanes,
    program: process.env.PG_MIG_BIN ?? join(dirname(toolManifest), "bin", "pg-mig.cjs"),
    signal: interruption().signal,
    onResult({ fault }, result) {
      tallies.add(fault, result);
      if (result.violations.length > 0) {
        console.log(violationLines(fault, result).join("\n"));
      }
      const tally = tallies.of(fault);
      if (result.outcome === "struck" && isMilestone(tally.struck)) {
        console.log(tallyLine(tally));
      }
      return "go-on";
    },
  });
  const all = tallies.all();
  console.log(`\n${tallyTable(all, skipped).join("\n")}`);
  const idle = all.filter(({ fault, struck }) => struck === 0 && !skipped.has(fault));
  for (const { fault } of idle) {
    console.log(`\n${fault.name} never happened: it breaks nothing`);
  }
  return idle.length > 0 || all.some(({ violations }) => violations > 0) ? 1 : 0;
}

async function checkMutants(): Promise<number> {
  const { seed, lanes, only } = commandLine;
  const chosen = mutants.filter(({ name }) => only?.includes(name) ?? true);
  const wrong: string[] = [];
  const lines = ["| guard switched off | expected | noticed by |", "|---|---|---|"];
  const { signal } = interruption();
  for await (const { mutant, fate, noticed } of runMutants({
    mutants: chosen,
    faults,
    seed,
    lanes,
    manifest: toolManifest,
    signal,
  })) {
    const { name, guard, expected = "dead" } = mutant;
    if (fate !== expected) {
      wrong.push(name);
    }
    console.log(`${name}: ${fate}${fate === expected ? "" : `, EXPECTED ${expected}`}: ${noticed}`);
    lines.push(`| ${name}: ${guard} | ${expected} | ${noticed.split("\n")[0]} |`);
  }
  console.log(`\n${lines.join("\n")}`);
  return wrong.length > 0 ? 1 : 0;
}

/** The first Ctrl-C lets what is under way come to its end. */
function interruption(): AbortController {
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort());
  return controller;
}

/** 1, 2, 5, 10, 20, 50, …: a suite of an hour prints hundreds of lines, not thousands. */
function isMilestone(count: number): boolean {
  return /^[125]0*$/.test(String(count));
}
