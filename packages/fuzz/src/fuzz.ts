import process from "node:process";
import vm from "node:vm";
import { isPgMigError } from "@pg-mig/model";
import fc from "fast-check";

export interface FuzzOptions {
  /**
   * How long to go on, in seconds.
   * @default $PG_MIG_FUZZ_SECONDS; without it, 300 inputs
   */
  readonly seconds?: number | undefined;
  /**
   * After how many milliseconds a call counts as one that never ends.
   * @default 20000, since machines are busy; no input is longer than some 100 kB
   */
  readonly hangsAfterMs?: number;
  /** Takes the counts. @default prints them, if it goes on for a time */
  readonly tell?: (outcome: FuzzOutcome) => void;
}

/** `npm test` tries the same inputs each time: what it says is about the change, not about chance. */
const usualSeed = 20261126;

/** How often each thing came of an input. */
export interface FuzzOutcome {
  readonly name: string;
  readonly inputs: number;
  /** Inputs that the parser took. */
  readonly taken: number;
  /** Inputs that it refused, by the code of the error. */
  readonly refused: Readonly<Record<string, number>>;
}

/**
 * Calls a parser with many inputs. Each has to be taken, or refused with an error that has a code and
 * a message for people. A call that hangs is interrupted.
 *
 * @param parse May check what it gets, and throw any other error if that is wrong.
 * @throws Error with the smallest input found that breaks the rule, and how to run it again
 */
export function fuzz<Input>(
  name: string,
  inputs: fc.Arbitrary<Input>,
  parse: (input: Input) => unknown,
  options: FuzzOptions = {},
): void {
  const given = process.env.PG_MIG_FUZZ_SECONDS;
  const seconds = options.seconds ?? (given === undefined ? undefined : Number(given));
  const call = interruptible(parse, options.hangsAfterMs ?? 20_000);
  let count = 0;
  let taken = 0;
  const refused: Record<string, number> = {};
  let hung = false;
  const property = fc.property(inputs, (input) => {
    // Each smaller input would hang for as long: none is looked for.
    if (hung) {
      return;
    }
    count++;
    try {
      call(input);
      taken++;
    } catch (error) {
      if (!isPgMigError(error)) {
        hung = isTimeout(error);
        throw error;
      }
      mustBeReadable(error.message);
      refused[error.code] = (refused[error.code] ?? 0) + 1;
    }
  });
  const details = fc.check(property, {
    ...(seconds === undefined
      ? { numRuns: 300, seed: usualSeed }
      : { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: seconds * 1000 }),
    // An interruption is how a run of some seconds ends, and no failure.
    markInterruptAsFailure: false,
  });
  if (details.failed) {
    throw new Error(describeFailure(name, details), { cause: details.errorInstance });
  }
  const tell = options.tell ?? (seconds === undefined ? () => {} : print);
  tell({ name, inputs: count, taken, refused });
}

/** A text that is short enough to read, and how to have the input whole. */
function describeFailure<Input>(name: string, details: fc.RunDetails<[Input]>): string {
  const { counterexample, seed, counterexamplePath: path, errorInstance } = details;
  const input = fc.stringify(counterexample?.[0]);
  const shown =
    input.length <= 500 ? input : `${input.slice(0, 500)}… (${input.length} characters)`;
  const reason = isTimeout(errorInstance) ? "never ends" : String(errorInstance);
  return `${name}: ${reason}\nInput: ${shown}\nAgain: { seed: ${seed}, path: ${JSON.stringify(path)} }`;
}

function isTimeout(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}

/** Runs a function so that it is ended if it takes too long, even in a loop that never ends. */
function interruptible<Input>(
  run: (input: Input) => unknown,
  timeoutMs: number,
): (input: Input) => void {
  const context: { run: () => void } = { run: () => {} };
  const script = new vm.Script("run()");
  vm.createContext(context);
  return (input) => {
    context.run = () => {
      run(input);
    };
    script.runInContext(context, { timeout: timeoutMs });
  };
}

function mustBeReadable(message: string): void {
  if (message.trim() === "") {
    throw new Error("The error has no message.");
  }
  if (/\n\s+at /.test(message)) {
    throw new Error(`The message has a stack: ${message}`);
  }
}

function print({ name, inputs, taken, refused }: FuzzOutcome): void {
  const codes = Object.entries(refused).map(([code, times]) => `${code} ${times}`);
  process.stdout.write(`${name}: ${inputs} inputs, ${taken} taken; ${codes.join(", ") || "-"}\n`);
}
