import type { RunEvent } from "@pg-mig/report";
import {
  countOf,
  finishedSteps,
  formatCount,
  formatDuration,
  formatRate,
  formatSeconds,
  listAddresses,
  placeOfWork,
  type RunModel,
  runningWork,
  shownShard,
  stepsPerSecond,
} from "@pg-mig/report";
import { awayText } from "./away-text.js";
import { heldUpText } from "./held-up-text.js";
import { pausedText } from "./paused-text.js";
import { type Line, line } from "./styled-line.js";
import { waveText } from "./wave-text.js";
import { blockersText, workDetail } from "./work-detail.js";

/** Work that runs longer than this is named. */
const slowMs = 15_000;

/** The lines that an event is worth in any run, however large: how much there is to do. */
export function startLines(event: RunEvent): Line[] {
  switch (event.type) {
    case "run:start": {
      if (event.steps === 0) {
        return [];
      }
      const verb = event.action === "apply" ? "Applying" : "Undoing";
      const chains = `${formatCount(event.chains)} of ${countOf(event.shards, "shard")}`;
      const work = `${verb} ${countOf(event.steps, "step")} on ${chains}`;
      return [
        [
          { text: `${work}, ${countOf(event.nodes.length, "node")}: `, tone: "strong" },
          { text: listAddresses(event.addresses) },
        ],
      ];
    }
    case "round:start":
      if (event.steps <= 0) {
        return [];
      }
      return [
        line(
          `Schemas appeared: ${countOf(event.steps, "more step")} on ${countOf(event.chains, "shard")}.`,
        ),
      ];
    case "wave:start": {
      const { wave, number, of, steps, chains, shards } = event;
      const work = `${countOf(steps, "step")} on ${formatCount(chains)} of ${countOf(shards, "shard")}`;
      return [line(`Wave ${number} of ${of}, ${wave}: ${work}.`, "strong")];
    }
    case "wave:soak":
      return [line(`Wave ${event.wave} is done and soaks: ${formatSeconds(event.leftMs)} left.`)];
    case "gate":
      return [line(`Gate of wave ${event.wave}: ${event.answer}, ${event.why}.`)];
    default:
      return [];
  }
}

/** The lines for each step of a small run. */
export function stepLines(event: RunEvent): Line[] {
  switch (event.type) {
    case "step:done":
      return [
        [
          { text: "done ", tone: "good" },
          { text: `${event.node}:${shownShard(event.shard)} ${event.version}` },
          { text: ` (${formatDuration(event.durationMs)})`, tone: "quiet" },
        ],
      ];
    case "step:already-done":
      return [
        line(`done by another run: ${event.node}:${shownShard(event.shard)} ${event.version}`),
      ];
    case "step:vanished":
      return [line(`gone: ${event.node}:${shownShard(event.shard)} ${event.version}`)];
    case "step:requeued": {
      const { reason, node, shard, version, blockedBy } = event;
      const waiting = blockedBy === undefined ? "" : `, waiting for ${blockersText(blockedBy)}`;
      return [line(`will retry (${reason}): ${node}:${shownShard(shard)} ${version}${waiting}`)];
    }
    default:
      return [];
  }
}

/** How far the run is, in one line. */
export function progressLine(model: RunModel, nowMs: number): Line {
  const finished = finishedSteps(model);
  const percent = model.planned === 0 ? 0 : Math.floor((finished * 100) / model.planned);
  const rate = stepsPerSecond(model.pace);
  const { remainingMs: left, standstillMs } = model;
  const parts = [
    `${formatCount(finished)}/${formatCount(model.planned)} (${percent}%)`,
    ...(model.failed.length === 0 ? [] : [`${formatCount(model.failed.length)} failed`]),
    ...(standstillMs === undefined ? [] : [`nothing done for ${formatSeconds(standstillMs)}`]),
    ...(rate === undefined || standstillMs !== undefined ? [] : [`${formatRate(rate)}/s`]),
    ...(left === undefined || left === 0 ? [] : [`${formatSeconds(left)} left`]),
    ...(model.wave === undefined ? [] : [waveText(model.wave, nowMs)]),
    ...(model.away.size === 0 ? [] : [awayText(model, nowMs)]),
    ...(model.paused.size === 0 ? [] : [pausedText(model, nowMs)]),
    ...longestWork(model, nowMs),
    ...heldUpText(model),
  ];
  return line(parts.join(", "));
}

/** What a run that says nothing waits for; not worth a word while everything is quick. */
function longestWork(model: RunModel, nowMs: number): string[] {
  const running = runningWork(model);
  const [longest] = running.toSorted((a, b) => a.startedAtMs - b.startedAtMs);
  if (longest === undefined || nowMs - longest.startedAtMs < slowMs) {
    return [];
  }
  const since = formatSeconds(nowMs - longest.startedAtMs);
  const detail = workDetail(longest);
  const what = `${placeOfWork(longest)} ${longest.what}${detail === "" ? "" : ` (${detail})`}`;
  return [`${countOf(running.length, "slot")} busy, the longest for ${since} with ${what}`];
}
