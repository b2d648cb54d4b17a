import {
  formatCount,
  formatSeconds,
  placeOfWork,
  type RunModel,
  type RunningWork,
  runningWork,
} from "@pg-mig/report";
import { displayWidth, fitToWidth } from "./display-width.js";
import { type Line, line, type Span } from "./styled-line.js";
import { workDetail } from "./work-detail.js";

const mostSteps = 5;
/** Work is slow from here on, and from a second on if it waits for somebody. */
const slowMs = 5000;
const blockedMs = 1000;
const timeWidth = 9;
const narrow = 70;

/**
 * What runs longest, at most five steps and as many lines as there are, each with who is in its way. In a
 * narrow terminal that gets a line of its own.
 */
export function slowSteps(
  model: RunModel,
  {
    columns,
    rows,
    nowMs,
  }: { readonly columns: number; readonly rows: number; readonly nowMs: number },
): Line[] {
  const slow = runningWork(model)
    .filter(({ startedAtMs, blockedBy, shard }) => {
      const forMs = nowMs - startedAtMs;
      return forMs >= (blockedBy !== undefined || shard === undefined ? blockedMs : slowMs);
    })
    .toSorted((a, b) => a.startedAtMs - b.startedAtMs);
  const lines: Line[] = [];
  let shown = 0;
  for (const work of slow.slice(0, mostSteps)) {
    const next = workLines(work, columns, nowMs);
    const needsRest = shown + 1 < slow.length ? 1 : 0;
    if (lines.length + next.length + needsRest > rows) {
      break;
    }
    lines.push(...next);
    shown++;
  }
  const hidden = slow.length - shown;
  return hidden === 0 || lines.length >= rows
    ? lines
    : [
        ...lines,
        line(`${" ".repeat(timeWidth)}… and ${formatCount(hidden)} more slow ones`, "quiet"),
      ];
}

function workLines(work: RunningWork, columns: number, nowMs: number): Line[] {
  const time: Span = {
    text: `${formatSeconds(nowMs - work.startedAtMs).padStart(timeWidth - 2)}  `,
    tone: "caution",
  };
  const detail = workDetail(work);
  const tone = work.blockedBy === undefined ? undefined : "caution";
  const details: Span[] = detail === "" ? [] : [{ text: detail, tone }];
  const place = placeOfWork(work);
  if (columns >= narrow) {
    const head: Line = [time, { text: `${place}  ${work.what}` }];
    return [details.length === 0 ? head : [...head, { text: "  " }, ...details]];
  }
  const room = Math.max(2, columns - timeWidth - 2);
  const half = Math.floor(room / 2);
  const placeWidth = Math.min(displayWidth(place), Math.max(half, room - displayWidth(work.what)));
  const whatWidth = Math.min(displayWidth(work.what), room - placeWidth);
  const head: Line = [
    time,
    { text: `${fitToWidth(place, placeWidth)}  ${fitToWidth(work.what, Math.max(1, whatWidth))}` },
  ];
  return details.length === 0 ? [head] : [head, [{ text: "    " }, ...details]];
}
