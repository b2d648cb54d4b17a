import {
  countOf,
  finishedSteps,
  formatCount,
  formatRate,
  formatSeconds,
  type RunModel,
  stepsPerSecond,
} from "@pg-mig/report";
import { awayText } from "./away-text.js";
import { displayWidth } from "./display-width.js";
import { heldUpText } from "./held-up-text.js";
import { pausedText } from "./paused-text.js";
import { type Line, line, type Span } from "./styled-line.js";
import { waveText } from "./wave-text.js";

const widestBar = 40;
const narrowestBar = 8;

/** What a run is about, how far it is, and what went wrong so far. Always in this order. */
export function runHeader(model: RunModel, columns: number, nowMs: number): Line[] {
  return [
    aboutLine(model, columns),
    barLine(model, columns, nowMs),
    ...(model.wave === undefined ? [] : [line(waveText(model.wave, nowMs))]),
    ...troubleLine(model),
    ...failureLines(model),
    ...heldUpText(model).map((text) => line(text, "caution")),
    ...(model.away.size === 0 ? [] : [line(awayText(model, nowMs), "caution")]),
    ...(model.paused.size === 0 ? [] : [line(pausedText(model, nowMs), "caution")]),
  ];
}

/** Action and nodes first; databases, shards and steps as far as there is room. */
function aboutLine(model: RunModel, columns: number): Line {
  const verb = model.action === "apply" ? "Applying" : "Undoing";
  const databases = [...new Set(model.addresses.map(databaseOf))];
  const [database = ""] = databases;
  const parts = [
    databases.length === 1 ? `database ${database}` : countOf(databases.length, "database"),
    countOf(model.shards, "shard"),
    countOf(model.planned, "step"),
  ];
  let text = `${verb} on ${countOf(model.slots.size, "node")}`;
  for (const part of parts) {
    const longer = `${text}, ${part}`;
    text = displayWidth(longer) > columns ? text : longer;
  }
  return line(text, "strong");
}

/** Of `host:port/database` what stands after the slash. */
function databaseOf(address: string): string {
  return /^.*:\d+\/(.*)$/s.exec(address)?.[1] ?? address;
}

/** Count first; then percent, time left, rate and time as far as there is room; a bar fills the rest. */
function barLine(model: RunModel, columns: number, nowMs: number): Line {
  const elapsed = formatSeconds(nowMs - model.startedAtMs);
  if (model.planned === 0) {
    return line(`no version is pending  ${elapsed}`);
  }
  const finished = finishedSteps(model);
  const part = Math.min(1, finished / model.planned);
  const { remainingMs, standstillMs } = model;
  const rate = stepsPerSecond(model.pace);
  const extras = [
    `${Math.floor(part * 100)}%`,
    ...(standstillMs === undefined ? [] : [`nothing done for ${formatSeconds(standstillMs)}`]),
    ...(remainingMs === undefined ? [] : [`${formatSeconds(remainingMs)} left`]),
    ...(rate === undefined || standstillMs !== undefined ? [] : [`${formatRate(rate)}/s`]),
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

/**
 * A bar in plain ASCII: block elements are two columns wide in terminals that are set up for Chinese,
 * Japanese or Korean, and nothing tells which those are.
 */
export function bar(part: number, width: number): Span[] {
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
      const comma = spans.length === 0 ? "" : ", ";
      spans.push({ text: `${comma}${formatCount(count)} ${text}`, tone });
    }
  };
  add(model.failed.length, "failed", "bad");
  add(model.inDoubt.length, "in doubt", "bad");
  add(model.givenUp, "not attempted", "caution");
  add(model.requeued, "retried");
  const { warnings } = model;
  add(warnings, warnings === 1 ? "warning" : "warnings", "caution");
  if (model.interrupted) {
    spans.unshift({ text: "stopping: ", tone: "caution" });
  }
  return spans.length === 0 ? [] : [spans];
}

/** Of what failed for one reason on several shards, how often; the first ones are told above the frame. */
function failureLines({ failureCounts }: RunModel): Line[] {
  return [...failureCounts.values()]
    .filter(({ count }) => count > 1)
    .toSorted((a, b) => b.count - a.count)
    .slice(0, mostReasons)
    .map(({ first, count }) => [
      { text: `  ${formatCount(count)} failed: `, tone: "bad" },
      { text: `${first.version}: ${first.error.server?.message ?? first.error.message}` },
    ]);
}

const mostReasons = 2;
