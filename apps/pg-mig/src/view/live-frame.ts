import {
  finishedSteps,
  formatCount,
  formatRate,
  formatSeconds,
  placeOfWork,
  type RunModel,
  type RunningWork,
  remainingMs,
  runningWork,
  stepsPerSecond,
} from "@pg-mig/report";
import { awayText } from "./away-text.js";
import { displayWidth, padToWidth } from "./display-width.js";
import { type Line, line, type Span } from "./styled-line.js";
import { waveText } from "./wave-text.js";
import { blockersText, workDetail } from "./work-detail.js";

/** The room that a frame may take, and the time. */
export interface LiveFrameOptions {
  readonly columns: number;
  readonly rows: number;
  readonly nowMs: number;
}

const widestBar = 40;
const narrowestBar = 8;

/**
 * The live area at one moment: the progress, what went wrong so far, and a line per busy slot, at
 * most `rows` lines in all. Where slots do not fit, those that have run longest are shown.
 */
export function liveFrame(model: RunModel, options: LiveFrameOptions): Line[] {
  const head = [
    progressLine(model, options),
    ...(model.wave === undefined ? [] : [line(waveText(model.wave, options.nowMs))]),
    ...troubleLine(model),
    ...awayLine(model, options),
  ].slice(0, options.rows);
  return [...head, ...slotLines(model, { ...options, rows: options.rows - head.length })];
}

/** Count first; then percent, time left, rate and time as far as there is room; a bar fills the rest. */
function progressLine(model: RunModel, { columns, nowMs }: LiveFrameOptions): Line {
  const elapsed = formatSeconds(nowMs - model.startedAtMs);
  if (model.planned === 0) {
    return line(`no version is pending  ${elapsed}`);
  }
  const finished = finishedSteps(model);
  const part = Math.min(1, finished / model.planned);
  const left = remainingMs(model);
  const rate = stepsPerSecond(model.pace);
  const extras = [
    `${Math.floor(part * 100)}%`,
    ...(left === undefined ? [] : [`${formatSeconds(left)} left`]),
    ...(rate === undefined ? [] : [`${formatRate(rate)}/s`]),
    elapsed,
  ];
  let text = `${formatCount(finished)}/${formatCount(model.planned)}`;
  for (const extra of extras) {
    if (text.length + 2 + extra.length > columns) {
      break;
    }
    text += `  ${extra}`;
  }
  const barWidth = Math.min(widestBar, columns - text.length - 3);
  return barWidth < narrowestBar ? line(text) : [...bar(part, barWidth), { text: ` ${text}` }];
}

// Plain ASCII: block elements are two columns wide in terminals that are set up for Chinese,
// Japanese or Korean, and nothing tells which those are.
function bar(part: number, width: number): Span[] {
  const filled = Math.floor(part * width);
  return [
    { text: "[" },
    { text: "=".repeat(filled), tone: "good" },
    { text: "-".repeat(width - filled), tone: "quiet" },
    { text: "]" },
  ];
}

function troubleLine(model: RunModel): Line[] {
  const spans: Span[] = [];
  const add = (count: number, text: string, tone?: Span["tone"]) => {
    if (count > 0) {
      const joined = `${spans.length === 0 ? "" : ", "}${formatCount(count)} ${text}`;
      spans.push(tone === undefined ? { text: joined } : { text: joined, tone });
    }
  };
  add(model.failed.length, "failed", "bad");
  add(model.inDoubt.length, "in doubt", "bad");
  add(model.givenUp, "not attempted", "caution");
  add(model.requeued, "retried");
  const { warnings } = model;
  add(warnings, warnings === 1 ? "warning" : "warnings", "caution");
  if (model.lastBlockedBy !== undefined) {
    spans.push({ text: `; last blocked by ${blockersText(model.lastBlockedBy)}`, tone: "quiet" });
  }
  if (model.interrupted) {
    spans.unshift({ text: "stopping: ", tone: "caution" });
  }
  return spans.length === 0 ? [] : [spans];
}

function awayLine(model: RunModel, { nowMs }: LiveFrameOptions): Line[] {
  return model.away.size === 0 ? [] : [line(awayText(model, nowMs), "caution")];
}

function slotLines(model: RunModel, { rows, columns, nowMs }: LiveFrameOptions): Line[] {
  const running = runningWork(model);
  const shown = longestRunning(running, running.length <= rows ? rows : rows - 1);
  const places = shown.map(placeOfWork);
  const widest = Math.min(Math.max(0, ...places.map(displayWidth)), Math.floor(columns / 2));
  const lines = shown.map(
    (work, index): Line => [
      { text: `${elapsed(nowMs - work.startedAtMs).padStart(7)}  `, tone: "quiet" },
      { text: `${padToWidth(places[index] ?? "", widest)}  ` },
      { text: work.what, tone: "quiet" },
      ...detailSpans(work),
    ],
  );
  const hidden = running.length - shown.length;
  return hidden === 0 || rows < 1
    ? lines
    : [...lines, line(`         … and ${formatCount(hidden)} more`, "quiet")];
}

function detailSpans(work: RunningWork): Span[] {
  const detail = workDetail(work);
  if (detail === "") {
    return [];
  }
  return [
    { text: "  " },
    work.blockedBy === undefined ? { text: detail } : { text: detail, tone: "caution" },
  ];
}

/** What is done within a second needs no time beside it: a changing 0 would only flicker. */
function elapsed(durationMs: number): string {
  return durationMs < 1000 ? "" : formatSeconds(durationMs);
}

/** What has run longest, at most `limit`, in the given order: a slot that hangs is never hidden. */
function longestRunning(running: readonly RunningWork[], limit: number): readonly RunningWork[] {
  if (running.length <= limit) {
    return running;
  }
  const oldestFirst = running.toSorted((a, b) => a.startedAtMs - b.startedAtMs);
  const kept = new Set(oldestFirst.slice(0, Math.max(0, limit)));
  return running.filter((work) => kept.has(work));
}
