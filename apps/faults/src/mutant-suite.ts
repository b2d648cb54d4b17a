import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Fault } from "./fault.js";
import { bundleReadable, type Mutant, mutate } from "./mutant.js";
import { runSuite } from "./suite.js";

export interface MutantSuiteOptions {
  readonly mutants: readonly Mutant[];
  readonly faults: readonly Fault[];
  readonly seed: number;
  readonly lanes: number;
  /** `package.json` of the tool. */
  readonly manifest: string;
  readonly signal: AbortSignal;
}

/** What a program says that was cut wrongly: such a mutant dies, whatever the faults notice. */
const brokenProgram = /\b(?:ReferenceError|SyntaxError)\b/;

/** What became of a mutant. */
export interface MutantResult {
  readonly mutant: Mutant;
  readonly fate: "dead" | "alive";
  /** The fault that noticed it, its seed, and the first thing that it saw. */
  readonly noticed: string;
}

/** Runs the faults that must notice each mutant against it, until one does. */
export async function* runMutants(options: MutantSuiteOptions): AsyncGenerator<MutantResult> {
  const folder = await mkdtemp(join(tmpdir(), "pg-mig-mutants-"));
  try {
    // The command reads its version from the package.json above it.
    await mkdir(join(folder, "bin"));
    await copyFile(options.manifest, join(folder, "package.json"));
    const original = join(folder, "bin", "original.cjs");
    await bundleReadable(options.manifest, original);
    const command = await readFile(original, "utf8");
    for (const mutant of options.mutants) {
      const program = join(folder, "bin", `${mutant.name}.cjs`);
      await writeFile(program, mutate(command, mutant));
      yield await runMutant(mutant, program, options);
      if (options.signal.aborted) {
        return;
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function runMutant(
  mutant: Mutant,
  program: string,
  { faults, seed, lanes, signal }: MutantSuiteOptions,
): Promise<MutantResult> {
  let noticed: string | undefined;
  let tries = 0;
  await runSuite({
    faults: faults.filter(({ name }) => mutant.noticedBy.includes(name)),
    seed,
    budget: { times: mutant.times ?? 10 },
    lanes,
    program,
    signal,
    onResult({ fault, seed: at }, { violations }) {
      tries += 1;
      const [first] = violations;
      if (first === undefined) {
        return "go-on";
      }
      if (brokenProgram.test(first.problem)) {
        throw new Error(`The mutant ${mutant.name} is no program: ${first.problem}`);
      }
      noticed ??= `${fault.name}, seed ${at}: ${first.invariant}: ${first.problem}`;
      return "stop";
    },
  });
  return {
    mutant,
    fate: noticed === undefined ? "alive" : "dead",
    noticed: noticed ?? `by nothing in ${tries} injections`,
  };
}
