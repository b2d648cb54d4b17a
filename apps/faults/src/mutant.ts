import { readFile, writeFile } from "node:fs/promises";

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
 * Writes the command without a guard.
 *
 * @throws Error where a piece is not there exactly once: the tool has changed, and the list of
 * mutants must follow, or it would prove nothing.
 */
export async function writeMutant(mutant: Mutant, original: string, target: string): Promise<void> {
  let text = await readFile(original, "utf8");
  for (const [from, to] of mutant.replacements) {
    const count = text.split(from).length - 1;
    if (count !== 1) {
      throw new Error(
        `Mutant ${mutant.name}: this is ${count} times in the command, not once: ${from}`,
      );
    }
    text = text.replace(from, () => to);
  }
  await writeFile(target, text);
}
