import type { RunModel } from "@pg-mig/report";
import { formatCount, formatSeconds } from "@pg-mig/report";
import { longestOnOneLine, shortened } from "./shortened.js";

/** Which nodes the throttle pauses, for how long, and why; empty if none is. */
export function pausedText({ paused }: Pick<RunModel, "paused">, nowMs: number): string {
  const [first, ...others] = [...paused].sort(([, a], [, b]) => a.sinceMs - b.sinceMs);
  if (first === undefined) {
    return "";
  }
  const [node, { why, sinceMs }] = first;
  const more = others.length === 0 ? "" : ` and ${formatCount(others.length)} more`;
  return `${node}${more} paused, for ${formatSeconds(nowMs - sinceMs)}: ${shortened(why, longestOnOneLine)}`;
}
