import { EventEmitter } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { CommandProcess } from "../src/command-process.js";
import { CommandOutput } from "./command-output.js";
import { type CommandPlace, type CommandResult, commandJudge } from "./command-result.js";
import { watchForHangs } from "./hang-watch.js";

const bundle = fileURLToPath(new URL("../bin/", import.meta.url));

type RunCommand = (args: readonly string[], process: CommandProcess) => Promise<number>;

/** Of the command that runs in this process; there is one at a time, so that their output does not mix. */
let signals: EventEmitter | undefined;

/** What Node, OpenSSL and the C library read from the environment of the process by themselves. */
const readElsewhere = /^(NODE_|UV_|SSL_|OPENSSL_|TZ$|LC_|LANG|RES_OPTIONS$)/;

/**
 * Why a command cannot run in this process; `undefined`: it can. Code of the user's may run here only if the test knows
 * that it is `harmless`: it prints nothing, changes nothing in the process and leaves nothing open.
 */
export function needsOwnProcess(
  args: readonly string[],
  { cwd, env }: CommandPlace,
  code: "any" | "harmless" = "any",
): string | undefined {
  if (signals !== undefined) {
    return "another command is under way in this process";
  }
  const variable = Object.keys(env).find((name) => readElsewhere.test(name));
  if (variable !== undefined) {
    return `${variable} is read from the environment of the process`;
  }
  if (args.some((arg) => arg === "-V" || arg === "--version")) {
    return "bin/start.cjs itself answers what the version is";
  }
  if (args.includes("--scratch=embedded")) {
    return "the testkit that is installed in the folder runs";
  }
  const sources = args.flatMap((arg) => /^--discovery=(.*)$/.exec(arg)?.[1] ?? []);
  if (code === "any" && sources.length > 0) {
    return "code of the user's runs";
  }
  const files = [...configFiles(cwd), ...sources.map((path) => join(cwd, path))];
  const file = files.find((path) => !mayLoad(path, code));
  return file && `${file} is code, or Node has loaded it before`;
}

/** A command under way in this process. */
export interface CommandHere {
  readonly result: Promise<CommandResult>;
  /** Gives it a signal that it listens to. */
  kill(signal: "SIGINT" | "SIGTERM"): void;
  /** Resolves when the text was printed, to stdout or stderr. */
  printed(text: string): Promise<void>;
}

/**
 * Runs the built command in this process, which takes a tenth of the work. It is given all that it may take from
 * its process, and `bin/start.cjs` alone is left out.
 */
export function startInThisProcess(args: readonly string[], place: CommandPlace): CommandHere {
  const output = new CommandOutput();
  const ownSignals = new EventEmitter();
  const result = runHere(args, place, output, ownSignals);
  // Whoever waits for the result hears of it; a test that has failed before does not.
  result.catch(() => {});
  return {
    result,
    kill: (signal) => void ownSignals.emit(signal),
    printed: (text) => output.printed(text, result),
  };
}

async function runHere(
  args: readonly string[],
  place: CommandPlace,
  output: CommandOutput,
  ownSignals: EventEmitter,
): Promise<CommandResult> {
  const judge = commandJudge(args, place);
  const stream = (name: "stdout" | "stderr") => ({
    // As a pipe passes it on.
    write: (text: string) => output.add(name, Buffer.from(text).toString()),
  });
  const env = Object.fromEntries(
    Object.entries(place.env).filter(([, value]) => value !== undefined),
  );
  signals = ownSignals;
  // The command names files by their paths from there.
  const leave = enter(place.cwd);
  // Node prints it to the stderr of the process. What the tests themselves do is not the command's.
  const onWarning = ({ name, message, stack = "" }: Error) => {
    if (stack.includes(bundle)) {
      stream("stderr").write(`${name}: ${message}\n`);
    }
  };
  process.on("warning", onWarning);
  const endWatch = watchForHangs();
  try {
    const status = await loadRunCommand()(args, {
      stdout: stream("stdout"),
      stderr: stream("stderr"),
      env: Object.freeze(env),
      cwd: () => process.cwd(),
      on: (signal, listener) => ownSignals.on(signal, listener),
      off: (signal, listener) => ownSignals.off(signal, listener),
      exit: () => {},
      // Vitest fails if there is such an error.
      onUncaught: () => {},
    });
    const { stdout, stderr } = output;
    judge({ status, stdout, stderr });
    return { status, stdout, stderr };
  } finally {
    endWatch();
    leave();
    process.off("warning", onWarning);
    signals = undefined;
  }
}

/** Interrupts what still runs in this process: the test that waited for it has failed. */
export function interruptThisProcess(): void {
  signals?.emit("SIGTERM");
}

/** Makes a folder the working directory of this process, until the function that it gives is called. */
function enter(folder: string): () => void {
  const before = process.cwd();
  process.chdir(folder);
  return () => process.chdir(before);
}

/** The bundle has no names for what its files take from each other, but functions keep theirs. */
function loadRunCommand(): RunCommand {
  const file = `${bundle}command-line.cjs`;
  const shared: Readonly<Record<string, unknown>> = createRequire(import.meta.url)(file);
  for (const value of Object.values(shared)) {
    if (typeof value === "object" && value !== null && "runCommand" in value) {
      return value.runCommand as RunCommand;
    }
  }
  throw new Error(`${file} has no module with runCommand: bundle.mjs has changed.`);
}

/** What a config file holds that is data alone, and names no code or shell command. */
const data = /^(export default|module\.exports =) \{[^()`]*\};?\s*$/;
const namesCode = /process|global|discovery|observers|command/i;

function isData(text: string): boolean {
  const json = /^(?:export default|module\.exports =) (\{.*\});?\s*$/s.exec(text)?.[1];
  try {
    // What is deeper down runs in a process of its own: the command of a gate.
    return !Object.keys(JSON.parse(json ?? "")).some((key) => namesCode.test(key));
  } catch {
    return data.test(text) && !namesCode.test(text);
  }
}

/** The files that were loaded in this process: Node loads one only once, whatever it holds later. */
const loaded = new Map<string, string>();

function mayLoad(path: string, code: "any" | "harmless"): boolean {
  const text = readFileSync(path, "utf8");
  if ((code === "any" && !isData(text)) || (loaded.get(path) ?? text) !== text) {
    return false;
  }
  loaded.set(path, text);
  return true;
}

function configFiles(folder: string): readonly string[] {
  const parent = dirname(folder);
  const here = ["ts", "mts", "cts", "js", "mjs", "cjs"]
    .map((suffix) => join(folder, `pg-mig.config.${suffix}`))
    .filter((path) => existsSync(path));
  return parent === folder ? here : [...here, ...configFiles(parent)];
}
