import { renderLocation } from "@pg-mig/model";
import type { ErrorInfo, NodeEvent, RunEvent } from "@pg-mig/report";
import { failureReason, formatDuration, formatSeconds, shownShard } from "@pg-mig/report";
import { spelledOut } from "./setting-spelling.js";
import { longestOnOneLine, shortened } from "./shortened.js";
import { type Line, line } from "./styled-line.js";
import { warningLines } from "./warning-lines.js";

/** How much appears before the rest is only counted. */
const limits = {
  brief: {
    linesOfOneKind: 3,
    /** `\echo` lines. */
    outputOfOneFile: 20,
    /** Comings and goings. */
    changesOfOneNode: 6,
    /** A thousand different ones are a flood, too. */
    failuresInAll: 30,
  },
  all: {
    linesOfOneKind: Number.POSITIVE_INFINITY,
    outputOfOneFile: Number.POSITIVE_INFINITY,
    changesOfOneNode: Number.POSITIVE_INFINITY,
    failuresInAll: Number.POSITIVE_INFINITY,
  },
};

/**
 * Makes the lines that an event leaves on the screen for good while the run goes on: failures, nodes
 * that go away and come back, or are paused, notes, warnings of files that are about to run, and what migration files
 * print. What comes again and again is shown a few times, then once said to be only counted; the
 * summary at the end has it all. With `all` nothing is only counted.
 */
export function createAnnouncer(
  detail: keyof typeof limits = "brief",
): (event: RunEvent) => readonly Line[] {
  const { linesOfOneKind, outputOfOneFile, changesOfOneNode, failuresInAll } = limits[detail];
  const counts = new Map<string, number>();
  const count = (key: string) => {
    const next = (counts.get(key) ?? 0) + 1;
    counts.set(key, next);
    return next;
  };

  /** So many times what there is to say, then once that there is more, then nothing. */
  const limited = (
    key: string,
    most: number,
    lines: () => readonly Line[],
    more: string,
  ): readonly Line[] => {
    const times = count(key);
    return times <= most ? lines() : times === most + 1 ? [line(`  … ${more}`, "quiet")] : [];
  };

  return (event) => {
    switch (event.type) {
      case "step:failed":
      case "step:in-doubt": {
        const subject = `${event.node}:${shownShard(event.shard)} ${event.version}`;
        const verdict = event.type === "step:failed" ? "failed" : "in doubt";
        const reason = `${verdict} ${failureReason(event)}`;
        const one = () => [announce(verdict, subject, event.error)];
        const listed = "all are listed at the end";
        return limited(
          reason,
          linesOfOneKind,
          () => limited("failures", failuresInAll, one, `more failures; ${listed}`),
          `the same on more shards; ${listed}`,
        );
      }
      case "hook:failed":
        // At most one a node, and nothing else runs after it: always worth a line of its own.
        return [announce("failed", `${event.node} ${event.file}`, event.error)];
      case "node:away":
      case "node:back":
      case "node:lost":
      case "node:paused":
      case "node:resumed":
        return limited(
          `node ${event.node}`,
          changesOfOneNode,
          () => [nodeLine(event)],
          `${event.node} comes and goes; --json shows it all`,
        );
      case "step:outside": {
        const { version, object, locks } = event;
        const place = `${event.node}:${shownShard(event.shard)}`;
        const told = `${version} reaches outside of its shard: ${object} (${locks.join(", ")}), first on ${place}`;
        return [line(shortened(spelledOut(told)), "caution")];
      }
      case "budget:spent":
        return [line(spelledOut(event.message), "bad")];
      case "note":
        return [line(shortened(spelledOut(event.message)))];
      case "warning":
        // About a version, before it runs on any shard: a reason to stop. Others wait for the summary.
        return event.node === undefined && event.version !== undefined
          ? limited(
              "files",
              linesOfOneKind,
              () => warningLines([event]),
              "the same for more files; all are listed at the end",
            )
          : [];
      case "output": {
        const source =
          event.shard === undefined ? event.node : `${event.node}:${shownShard(event.shard)}`;
        return limited(
          `output ${event.file}`,
          outputOfOneFile,
          () => [[{ text: `${source} `, tone: "quiet" }, { text: shortened(event.line) }]],
          `${event.file} prints more; --json shows it all`,
        );
      }
      default:
        return [];
    }
  };
}

type ThrottleEvent = Extract<RunEvent, { type: "node:paused" | "node:resumed" }>;

function nodeLine(event: NodeEvent | ThrottleEvent): Line {
  const { node } = event;
  switch (event.type) {
    case "node:away": {
      const wait = `The run waits for it, ${formatSeconds(event.leftMs)} at most.`;
      return [
        { text: "away ", tone: "caution" },
        { text: node, tone: "strong" },
        { text: `: ${shortened(event.error.message, longestOnOneLine)} ${wait}` },
      ];
    }
    case "node:back":
      return [
        { text: "back ", tone: "good" },
        { text: node, tone: "strong" },
        { text: ` after ${formatDuration(event.awayMs)}` },
      ];
    case "node:paused":
      return [
        { text: "paused ", tone: "caution" },
        { text: node, tone: "strong" },
        { text: `: ${shortened(event.why, longestOnOneLine)}` },
      ];
    case "node:resumed":
      return [
        { text: "resumed ", tone: "good" },
        { text: node, tone: "strong" },
        { text: ` after ${formatDuration(event.pausedMs)}` },
      ];
    case "node:lost":
      return [
        { text: "given up ", tone: "bad" },
        { text: node, tone: "strong" },
        { text: `: ${shortened(event.error.message, longestOnOneLine)}` },
      ];
  }
}

function announce(verdict: "failed" | "in doubt", subject: string, error: ErrorInfo): Line {
  const said = error.server?.message ?? error.message;
  const place = renderLocation(error.where);
  const [sentence = ""] = shortened(said, longestOnOneLine).split("\n");
  return [
    { text: `${verdict} `, tone: "bad" },
    { text: subject, tone: "strong" },
    {
      text:
        place === "" || sentence.includes(place) ? `: ${sentence}` : ` at ${place}: ${sentence}`,
    },
  ];
}
