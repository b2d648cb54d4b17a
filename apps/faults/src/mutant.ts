import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";

/** A guard of the tool, how to switch it off, and who must notice. */
export interface Mutant {
  readonly name: string;
  /** What the tool does not do any more. */
  readonly guard: string;
  /** Exact pieces of the bundled command, each of which is there once, and what replaces them. */
  readonly replacements: readonly (readonly [from: string, to: string])[];
  /** Faults of which at least one must be violated. */
  readonly noticedBy: readonly string[];
  /** How often each is tried at most. @default 10 */
  readonly times?: number;
  /**
   * `alive`: a change that takes no guard away, but shows that what is noticed of another mutant
   * is not owed to something that they share.
   * @default "dead"
   */
  readonly expected?: "dead" | "alive";
}

/**
 * Gives the text of the command without a guard. Pure.
 *
 * @throws Error where a piece is not there exactly once: the tool has changed, and the list of
 * mutants must follow, or it would prove nothing.
 */
export function mutate(command: string, mutant: Mutant): string {
  return mutant.replacements.reduce((text, [from, to]) => {
    const count = text.split(from).length - 1;
    if (count === 1) {
      return text.replace(from, () => to);
    }
    throw new Error(
      `Mutant ${mutant.name}: this is ${count} times in the command, not once: ${from}`,
    );
  }, command);
}

/** Bundles the command as it was written, with nothing made smaller, from its built files. */
export async function bundleReadable(manifest: string, target: string): Promise<void> {
  const folder = dirname(manifest);
  const args = [join(folder, "bundle.mjs"), `--readable=${target}`];
  await promisify(execFile)(process.execPath, args, { cwd: folder });
}
