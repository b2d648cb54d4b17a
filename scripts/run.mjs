// Runs one of the project's tasks from a checkout on which nothing but Node and npm is installed:
// installs the dependencies if they are missing or out of date, builds what the task needs, then
// starts it.
//
//   node scripts/run.mjs build [packages] | test [vitest arguments] | check | format |
//     changeset [arguments] | demo | bench [works] | bench:drift [size] |
//     test:faults [options] | test:fuzz | test:mutation [parts]
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { packagesToBuild } from "./packages-to-build.mjs";

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

// Where pnpm is not needed, it is left out: it takes a second to start, and with it in between
// Ctrl-C is answered before the program has cleaned up.
const tasks = {
  build: { build: args, commands: [] },
  test: { build: packagesToBuild(args), commands: [bin("vitest", "run", ...args)] },
  // publint and attw look for pnpm.
  check: {
    build: [],
    commands: [
      bin("biome", "ci", "."),
      node(
        "--test",
        "--test-reporter=dot",
        "scripts/install-scripts.test.mjs",
        "scripts/mutation/equivalent.test.mjs",
        "scripts/name-clashes.test.mjs",
        "scripts/packages-to-build.test.mjs",
      ),
      pnpm("exec", "node", "scripts/check-packages.mjs"),
    ],
  },
  format: { build: undefined, commands: [bin("biome", "check", "--write", ".")] },
  changeset: { build: undefined, commands: [bin("changeset", ...args)] },
  demo: { build: ["@pg-mig/demo"], commands: [node("apps/demo/dist/main.js", ...args)] },
  bench: { build: ["@pg-mig/bench"], commands: [node("apps/bench/dist/main.js", ...args)] },
  "bench:drift": {
    build: ["@pg-mig/bench"],
    commands: [node("apps/bench/dist/drift.js", ...args)],
  },
  "test:faults": {
    build: ["@pg-mig/faults"],
    commands: [node("apps/faults/dist/main.js", ...args)],
  },
  // Minutes for each parser, one after the other on each processor; npm test tries a few inputs.
  "test:fuzz": {
    build: [],
    commands: [
      bin("vitest", "run", "--testTimeout=0", ...(args.length === 0 ? [".fuzz.test"] : args)),
    ],
  },
  "test:mutation": { build: [], commands: [node("scripts/mutation/run.mjs", ...args)] },
};
if (!Object.hasOwn(tasks, task)) {
  console.error(`Unknown task "${task}". Known: ${Object.keys(tasks).join(", ")}.`);
  process.exit(1);
}

const { build, commands } = tasks[task];
if (task === "test:fuzz") {
  env.PG_MIG_FUZZ_SECONDS ??= "120";
}
await install();
if (build !== undefined) {
  await buildPackages(build);
}
for (const command of commands) {
  const code = await start(command, "inherit");
  if (code !== 0) {
    process.exit(code);
  }
}

/** Installs, unless the last installation was made from the files that are here now. */
async function install() {
  const stamp = join(root, "node_modules", ".installed-from");
  const wanted = installedFrom();
  // Somebody who ran pnpm has other packages and the same stamp: pnpm keeps what it installed.
  const lock = text(join(root, "pnpm-lock.yaml"));
  if (text(stamp) === wanted && text(join(root, "node_modules/.pnpm/lock.yaml")) === lock) {
    return;
  }
  const command = pnpm("install", "--frozen-lockfile", "--prefer-offline");
  await quietly("Installing dependencies", [command]);
  writeFileSync(stamp, wanted);
}

/** One text for all that an installation is made from. */
function installedFrom() {
  const folders = ["packages", "apps"].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => join(group, name)),
  );
  const manifests = [".", ...folders].map((folder) => join(folder, "package.json"));
  const hash = createHash("sha256").update(process.version);
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc", ...manifests]) {
    hash.update(`\n${file}\n${text(join(root, file))}`);
  }
  return hash.digest("hex");
}

/** Builds packages and what they depend on; all of them if none is named. */
function buildPackages(names) {
  const filters = names.map((name) => `--filter=${name}...`);
  const turbo = ["turbo", "run", "build", "--output-logs=errors-only", ...filters];
  // Without pnpm in the PATH the first can restore what was built before, and no more.
  return quietly("Building", [bin(...turbo), pnpm("exec", ...turbo)]);
}

/**
 * Runs a command with its output kept back; shows it only if the step failed. The next command is
 * for when the one before lacks pnpm.
 */
async function quietly(title, [command, ...others]) {
  const startedAt = Date.now();
  const output = [];
  const code = await start(command, output);
  const printed = Buffer.concat(output).toString();
  if (code === 0) {
    console.error(`${title}: done in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  } else if (others.length > 0 && printed.includes("package manager binary")) {
    await quietly(title, others);
  } else {
    process.stderr.write(printed);
    console.error(`${title} failed (${command.join(" ")}).`);
    process.exit(code);
  }
}

/** The content of a file; empty if there is none. */
function text(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") {
      return "";
    }
    throw error;
  }
}

/** pnpm through npx, so that it needs no installation of its own. */
function pnpm(...pnpmArgs) {
  return ["npx", "--yes", packageManager, ...pnpmArgs];
}

function bin(name, ...binArgs) {
  return [join(root, "node_modules", ".bin", name), ...binArgs];
}

function node(...nodeArgs) {
  return [process.execPath, ...nodeArgs];
}

function start([command, ...commandArgs], output) {
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
