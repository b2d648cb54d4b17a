// Changes the logic that must never be wrong, one piece at a time, and runs the tests that reach it:
// a mutant that no test notices is a rule that no test holds.
//
//   npm run test:mutation -- [part…]
//
// Fails if a part scores less than the threshold, or if the list of equivalent mutants names one that
// is not there (any more).
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
const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts);
const unknown = names.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) {
  console.error(`Unknown part "${unknown[0]}". Known: ${Object.keys(parts).join(", ")}.`);
  process.exit(1);
}

const seen = new Set();
let failed = false;
const startedAt = Date.now();
for (const name of names) {
  const results = await mutate(parts[name]);
  report(name, results.map(describe));
}
for (const entry of equivalents) {
  const measured = names.some((name) => parts[name].files?.has(entry.file));
  if (measured && !seen.has(entry)) {
    failed = true;
    console.log(
      `No mutant is (any more): ${entry.file}: ${entry.line}: ${entry.from} -> ${entry.to}`,
    );
  }
}
console.log(`${Math.round((Date.now() - startedAt) / 1000)} s`);
process.exitCode = failed ? 1 : 0;

async function mutate(part) {
  // The workers read it in vitest.config.mjs.
  process.env.PG_MIG_MUTATION_TESTS = JSON.stringify(part.tests);
  const stryker = new Stryker({
    testRunner: "vitest",
    plugins: [
      "@stryker-mutator/vitest-runner",
      new URL("leave-out-prose.mjs", import.meta.url).pathname,
    ],
    ignorers: ["prose"],
    vitest: { configFile: "scripts/mutation/vitest.config.mjs", related: true },
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
function describe({ fileName, location: { start, end }, replacement, status, statusReason }) {
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

function report(name, mutants) {
  parts[name].files = new Set(mutants.map(({ file }) => file));
  const count = { killed: 0, timedOut: 0, survived: 0, equivalent: 0 };
  const survivors = [];
  for (const mutant of mutants) {
    const entry = equivalents.find(
      ({ file, line, from, to }) =>
        file === mutant.file && line === mutant.line && from === mutant.from && to === mutant.to,
    );
    if (entry !== undefined) {
      seen.add(entry);
    }
    if (mutant.status === "Killed") {
      count.killed++;
    } else if (mutant.status === "Timeout") {
      count.timedOut++;
    } else if (mutant.status === "Survived" || mutant.status === "NoCoverage") {
      if (entry === undefined) {
        count.survived++;
        survivors.push(mutant);
      } else {
        count.equivalent++;
      }
    } else if (mutant.status !== "Ignored") {
      throw new Error(`${mutant.file}:${mutant.at}: ${mutant.status} ${mutant.statusReason}`);
    }
  }
  const noticed = count.killed + count.timedOut;
  const score = (100 * noticed) / (noticed + count.survived);
  for (const { file, at, from, to, status } of survivors) {
    const reach = status === "NoCoverage" ? " (no test gets there)" : "";
    console.log(`${file}:${at}${reach}\n  - ${from}\n  + ${to}`);
  }
  const least = parts[name].threshold ?? threshold;
  const verdict = score >= least ? "" : `, and must be ${least} %`;
  failed ||= score < least;
  console.log(
    `${name}: ${score.toFixed(1)} %${verdict} (${count.killed} noticed, ${count.timedOut} timed out, ` +
      `${count.survived} survived, ${count.equivalent} equivalent)\n`,
  );
}
