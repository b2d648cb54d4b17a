// Runs one of the project's tasks from a checkout on which nothing but Node and npm is installed:
// installs the dependencies when they are missing or out of date, builds, then starts the task.
//
//   node scripts/run.mjs build | test [vitest arguments] | check | demo | bench [size] |
//     test:faults [options]
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const [task = "test", ...args] = process.argv.slice(2);
const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" };
// npm hands its own settings down as npm_config_*; pnpm would take them for its own.
for (const name of Object.keys(env)) {
  if (/^npm_(config|package|lifecycle)_/i.test(name)) {
    delete env[name];
  }
}

const tasks = {
  build: [],
  test: [{ pnpm: ["vitest", "run", ...args] }],
  // publint and attw look for pnpm.
  check: [{ pnpm: ["biome", "ci", "."] }, { pnpm: ["node", "scripts/check-packages.mjs"] }],
  // Without pnpm in between, Ctrl-C is answered when the program has cleaned up, not before.
  demo: [{ node: ["apps/demo/dist/main.js", ...args] }],
  bench: [{ node: ["apps/bench/dist/main.js", ...args] }],
  "test:faults": [{ node: ["apps/faults/dist/main.js", ...args] }],
};
if (!Object.hasOwn(tasks, task)) {
  console.error(`Unknown task "${task}". Known: ${Object.keys(tasks).join(", ")}.`);
  process.exit(1);
}

await quietly("Installing dependencies", ["install", "--frozen-lockfile", "--prefer-offline"]);
await quietly("Building", ["exec", "turbo", "run", "build", "--output-logs=errors-only"]);
for (const { pnpm, node } of tasks[task]) {
  const code = pnpm
    ? await runPnpm(["exec", ...pnpm], "inherit")
    : await start(process.execPath, node, "inherit");
  if (code !== 0) {
    process.exit(code);
  }
}

/** Runs pnpm with its output kept back, and shows it only when the step failed. */
async function quietly(title, pnpmArgs) {
  const startedAt = Date.now();
  const output = [];
  const code = await runPnpm(pnpmArgs, output);
  if (code !== 0) {
    process.stderr.write(Buffer.concat(output));
    console.error(`${title} failed (${pnpmArgs.join(" ")}).`);
    process.exit(code);
  }
  console.error(`${title}: done in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** Runs pnpm through npx, so that it needs no installation of its own. */
function runPnpm(pnpmArgs, output) {
  return start("npx", ["--yes", packageManager, ...pnpmArgs], output);
}

function start(command, commandArgs, output) {
  const stdio = output === "inherit" ? "inherit" : ["ignore", "pipe", "pipe"];
  const child = spawn(command, commandArgs, { cwd: root, env, stdio });
  child.stdout?.on("data", (chunk) => output.push(chunk));
  child.stderr?.on("data", (chunk) => output.push(chunk));
  // Ctrl-C reaches the child too, by the terminal; this process waits for it to clean up.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}
