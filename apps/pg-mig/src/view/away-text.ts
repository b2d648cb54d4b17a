import type { RunModel } from "@pg-mig/report";
import { formatCount, formatSeconds } from "@pg-mig/report";
import { longestOnOneLine, shortened } from "./shortened.js";

/** Which nodes are waited for, why, and for how long yet; empty if none is. */
export function awayText({ away }: Pick<RunModel, "away">, nowMs: number): string {
  const [first, ...others] = [...away].sort(([, a], [, b]) => a.untilMs - b.untilMs);
  if (first === undefined) {
    return "";
  }
  const [node, { message, untilMs }] = first;
  const more = others.length === 0 ? "" : ` and ${formatCount(others.length)} more`;
  const left = formatSeconds(Math.max(0, untilMs - nowMs));
  return `waiting for ${node}${more}, at most ${left} more: ${shortened(message, longestOnOneLine)}`;
}
