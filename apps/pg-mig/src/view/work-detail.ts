import type { Blocker, BuildProgress, RunningWork } from "@pg-mig/report";
import { formatCount } from "@pg-mig/report";
import { minute } from "./minute.js";

/**
 * What is known of work that takes its time: how far its index is, and who makes it wait. Empty where
 * nothing is. What matters most comes first: whoever has too little room cuts the end.
 */
export function workDetail({ progress, blockedBy }: RunningWork): string {
  const parts = [
    ...(progress === undefined ? [] : [progressText(progress)]),
    ...(blockedBy === undefined ? [] : [`waiting for ${blockersText(blockedBy)}`]),
  ];
  return parts.join(", ");
}

/** In the server's own words, with how much of it is done. */
function progressText({ phase, count }: BuildProgress): string {
  if (count === undefined) {
    return phase;
  }
  const { done, total, unit } = count;
  return unit === "lockers"
    ? `${phase} ${formatCount(done)} of ${formatCount(total)}`
    : `${phase} ${Math.min(100, Math.floor((done * 100) / total))}%`;
}

/** Who blocks the work: the first of them, and how many more. */
export function blockersText([first, ...others]: readonly Blocker[]): string {
  if (first === undefined) {
    return "others";
  }
  const { pid, user, application, state, since, query } = first;
  const who = [pid === 0 ? "a prepared transaction" : `process ${pid}`, user]
    .filter((part) => part !== undefined)
    .join(" ");
  const more = others.length === 0 ? "" : ` and ${formatCount(others.length)} more`;
  return [
    `${who}${application === undefined ? "" : ` (${application})`}${more}`,
    ...(state === undefined ? [] : [` ${state}`]),
    ...(since === undefined ? [] : [` since ${minute(since)} UTC`]),
    ...(query === undefined ? [] : [`: ${query}`]),
  ].join("");
}
