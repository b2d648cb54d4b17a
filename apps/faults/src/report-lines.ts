import type { Fault } from "./fault.js";
import type { InjectionResult } from "./injection.js";
import type { Tally } from "./tally.js";

/** The command that makes one injection again. */
export function replayCommand(fault: Fault, seed: number): string {
  return `npm run test:faults -- --only=${fault.name} --seed=${seed} --times=1`;
}

/** One line about what a fault has done so far. */
export function tallyLine({
  fault,
  struck,
  missed,
  violations,
  firstSeed,
  medianMs,
}: Tally): string {
  const name = `${String(fault.row).padStart(2)}  ${fault.name}`.padEnd(34);
  const missedNote = missed === 0 ? "" : `, ${missed} times nothing to break`;
  const duration = medianMs === undefined ? "" : `, ${(medianMs / 1000).toFixed(1)} s each`;
  const verdict = violations === 0 ? "no violation" : `${violations} VIOLATIONS`;
  const replay = firstSeed === undefined ? "" : `\n      ${replayCommand(fault, firstSeed)}`;
  return `${name} ${struck} times${missedNote}${duration}: ${verdict}${replay}`;
}

/** What did not hold in one injection. */
export function violationLines(fault: Fault, { seed, violations }: InjectionResult): string[] {
  return [
    `${fault.name}: violated`,
    ...violations.map(({ invariant, problem, when }) => `    ${invariant}, ${when}: ${problem}`),
    `    ${replayCommand(fault, seed)}`,
  ];
}

/** The closing table, in Markdown. */
export function tallyTable(
  tallies: readonly Tally[],
  skipped: ReadonlyMap<Fault, string>,
): string[] {
  const injected = tallies.reduce((sum, { struck }) => sum + struck, 0);
  const violated = tallies.reduce((sum, { violations }) => sum + violations, 0);
  return [
    "| row | fault | injected | violations |",
    "|---|---|---|---|",
    ...tallies.map(
      ({ fault, struck, violations }) =>
        `| ${fault.row} | ${fault.name} | ${skipped.has(fault) ? "skipped" : struck} | ${violations} |`,
    ),
    `| | all | ${injected} | ${violated} |`,
    ...[...skipped].map(([{ name }, reason]) => `\nSkipped: ${name}: ${reason}`),
  ];
}
