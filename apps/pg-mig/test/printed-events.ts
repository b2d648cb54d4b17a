import type { CommandResult } from "./scenario.js";

/** A line that `--json` printed. */
export interface PrintedEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** What a command with `--json` printed, line by line. */
export function printedEvents({ stdout }: CommandResult): readonly PrintedEvent[] {
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}
