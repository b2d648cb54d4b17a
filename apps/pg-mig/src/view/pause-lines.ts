import type { PauseReport } from "@pg-mig/migrate";
import { type Line, line } from "./styled-line.js";

/** A line for each run that was asked, with the nodes where it was met. */
export function pauseLines({ runs }: PauseReport): Line[] {
  const nodes = new Map<string, string[]>();
  for (const { node, holder, answer } of runs) {
    const text =
      answer === "heard"
        ? `${holder}: pauses when what it is doing is done`
        : `${holder}: has ended meanwhile`;
    nodes.set(text, [...(nodes.get(text) ?? []), node]);
  }
  return runs.length === 0
    ? [line("No run is at work.")]
    : [...nodes].map(([text, where]): Line => [{ text: `${text} (${where.join(", ")}).` }]);
}
