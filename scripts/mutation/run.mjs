// Changes the logic that must never be wrong, one piece at a time, and runs the tests that reach it:
// a mutant that no test notices is a rule that no test holds.
//
//   npm run test:mutation -- [part, or file, or file:from-to in lines …]
//
// Fails if what is measured scores less than the threshold, or if the list of equivalent mutants has
// one that is not there (any more).
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Stryker } from "@stryker-mutator/core";
import { equivalents } from "./equivalent.mjs";
import { parts, threshold } from "./parts.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
process.chdir(root);

const startedAt = Date.now();
const given = process.argv.slice(2);
const files = given.filter((argument) => argument.includes("/"));
const names = given.length > 0 ? given.filter((name) => !files.includes(name)) : Object.keys(parts);
const measured = [...names.map((name) => [name, parts[name]]), ...partsOf(files)];
let failed = false;
for (const [name, part] of measured) {
  if (part === undefined) {
    console.error(`Unknown part "${name}". Known: ${Object.keys(parts).join(", ")}.`);
    process.exit(1);
  }
  report(name, (await mutate(part)).map(described));
}
console.log(`${Math.round((Date.now() - startedAt) / 1000)} s`);
process.exitCode = failed ? 1 : 0;

/** The parts that files belong to, with these alone. */
function partsOf(paths) {
  const folderOf = (path) => path.slice(0, path.lastIndexOf("/") + 1);
  return Object.entries(parts).flatMap(([name, part]) => {
    const own = paths.filter((path) => folderOf(part.mutate[0]) === folderOf(path));
    return own.length === 0 ? [] : [[name, { ...part, mutate: own }]];
  });
}

async function mutate(part) {
  // The workers read it in vitest.config.ts.
  process.env.PG_MIG_MUTATION_TESTS = JSON.stringify(part.tests);
  const stryker = new Stryker({
    testRunner: "vitest",
    plugins: [
      "@stryker-mutator/vitest-runner",
      new URL("leave-out-prose.mjs", import.meta.url).pathname,
    ],
    ignorers: ["prose"],
    vitest: { configFile: "scripts/mutation/vitest.config.ts", related: true },
    mutate: [...part.mutate, "!**/*.test.ts"],
    // What the tests read, and no more: it is copied.
    ignorePatterns: ["/apps", "dist", ".turbo"],
    // Stryker would read it with a compiler that has an API.
    tsconfigFile: "none",
    coverageAnalysis: "perTest",
    concurrency: availableParallelism(),
    timeoutMS: 15_000,
    reporters: ["progress-append-only"],
    logLevel: "warn",
    tempDirName: ".mutation",
  });
  return await stryker.runMutationTest();
}

/** What of which line becomes what. Stryker counts lines and columns from 1. */
function described({ fileName, location: { start, end }, replacement, status, statusReason }) {
  const file = relative(root, fileName);
  const lines = readFileSync(fileName, "utf8").split("\n");
  const line = lines[start.line - 1].trim();
  const changed = lines.slice(start.line - 1, end.line);
  changed.push(changed.pop().slice(0, end.column - 1));
  changed[0] = changed[0].slice(start.column - 1);
  const from = oneLine(changed.join("\n"));
  return { file, at: start.line, line, from, to: oneLine(replacement), status, statusReason };
}

function oneLine(text) {
  return text.replace(/\s+/g, " ");
}

/** Prints what no test has noticed, and the score. */
function report(name, mutants) {
  const counts = { noticed: 0, survived: 0, equivalent: 0 };
  for (const mutant of mutants) {
    const { file, at, from, to, status, statusReason } = mutant;
    if (status === "Ignored") {
      continue;
    }
    if (status === "Killed" || status === "Timeout") {
      counts.noticed++;
    } else if (status !== "Survived" && status !== "NoCoverage") {
      throw new Error(`${file}:${at}: ${status} ${statusReason}`);
    } else if (equivalents.some((equivalent) => isSame(equivalent, mutant))) {
      counts.equivalent++;
    } else {
      counts.survived++;
      const reach = status === "NoCoverage" ? " (no test gets there)" : "";
      console.log(`${file}:${at}${reach}\n  - ${from}\n  + ${to}`);
    }
  }
  const { noticed, survived, equivalent } = counts;
  const score = (100 * noticed) / (noticed + survived);
  const verdict = score < threshold ? `, and must be ${threshold} %` : "";
  console.log(
    `${name}: ${score.toFixed(1)} %${verdict} (${noticed} noticed, ${survived} survived, ${equivalent} equivalent)`,
  );
  for (const line of staleEquivalents(mutants)) {
    failed = true;
    console.log(`The list of equivalent mutants has one that is not there (any more): ${line}`);
  }
  failed ||= score < threshold;
}

function isSame(a, b) {
  return a.file === b.file && a.line === b.line && a.from === b.from && a.to === b.to;
}

/** What the list says of lines that were mutated, and no mutant is. */
function staleEquivalents(mutants) {
  return equivalents
    .filter(({ file }) => mutants.some((mutant) => mutant.file === file))
    .filter((equivalent) => !mutants.some((mutant) => isSame(equivalent, mutant)))
    .filter(() => files.length === 0)
    .map(({ file, line, from, to }) => `${file}, in ${line}: ${from} -> ${to}`);
}
