import fc from "fast-check";
import type { RunEvent } from "../run-event.js";
import { serverError } from "./run-events.js";

/** Names of any kind: plain, wide, combined, quoted, and with what a terminal would obey. */
export const anyName = fc.oneof(
  fc.constantFrom(
    "sh0001",
    "数据库三号",
    "e\u0301te\u0301",
    "👨‍👩‍👧 familie",
    "❤️",
    "\u001B[2Jclear",
    "a\tb\nc",
    "한글",
  ),
  fc.string({ unit: "grapheme", minLength: 1 }),
  fc.string({ unit: "binary", minLength: 1 }),
);

/** The events of a run up to some moment, in an order in which they can come. */
export const anyRun: fc.Arbitrary<readonly RunEvent[]> = fc
  .record({
    nodes: fc.uniqueArray(anyName, { minLength: 1, maxLength: 3 }),
    shards: fc.uniqueArray(anyName, { minLength: 1, maxLength: 6 }),
    versions: fc.uniqueArray(anyName, { minLength: 1, maxLength: 3 }),
    message: anyName,
    // Which chain goes on next, and how the step that it has at hand ends.
    turns: fc.array(
      fc.record({
        chain: fc.nat(),
        end: fc.constantFrom(
          "done",
          "already-done",
          "failed",
          "in-doubt",
          "requeued",
          "abandoned",
          "waiting",
          "progress",
          "warning",
          "vanished",
          "away",
          "back",
          "paused",
          "resumed",
        ),
      }),
      { maxLength: 60 },
    ),
  })
  .map(({ nodes, shards, versions, message, turns }) => {
    const chains = nodes.flatMap((node) =>
      shards.map((shard) => ({
        node,
        shard,
        left: [...versions],
        done: [] as string[],
        running: false,
      })),
    );
    const steps = chains.length * versions.length;
    const events: RunEvent[] = [
      {
        type: "run:start",
        action: "apply",
        nodes,
        addresses: nodes.map((node) => `${node}:5432/app`),
        shards: chains.length,
        chains: chains.length,
        steps,
        stepsByNode: nodes.map((node) => ({ node, steps: shards.length * versions.length })),
        stepsByVersion: versions.map((version) => ({ version, steps: chains.length })),
      },
    ];
    for (const { chain, end } of turns) {
      const open = chains.filter(({ left }) => left.length > 0);
      const next = open[chain % Math.max(1, open.length)];
      const version = next?.left[0];
      if (next === undefined || version === undefined) {
        break;
      }
      const { node, shard } = next;
      const step = { node, shard, version };
      const error = serverError(message);
      const gone = next.done.at(-1);
      if (end === "warning") {
        events.push({ type: "warning", ...step, message });
      } else if (!next.running && end === "vanished" && gone !== undefined) {
        // A later round takes what this run has done for the work of an earlier run.
        const doneBy = chain % 2 === 0 ? "this-run" : "earlier-run";
        events.push({ type: "step:vanished", node, shard, version: gone, doneBy });
        next.done.pop();
        next.left = [gone, ...next.left];
      } else if (!next.running && end === "abandoned") {
        events.push({
          type: "chain:abandoned",
          reason: "interrupted",
          node,
          shard,
          notAttempted: next.left,
        });
        next.left = [];
      } else if (end === "away") {
        events.push({ type: "node:away", node, error, leftMs: 1000 });
      } else if (end === "back") {
        events.push({ type: "node:back", node, awayMs: 1000 });
      } else if (end === "paused") {
        events.push({ type: "node:paused", node, reasons: ["hold"], why: message });
      } else if (end === "resumed") {
        events.push({ type: "node:resumed", node, pausedMs: 1000 });
      } else if (!next.running) {
        events.push({ type: "step:start", ...step });
        next.running = true;
      } else if (end === "waiting") {
        const blockedBy = [{ pid: 1, user: message, query: message }].slice(0, chain % 2);
        events.push({ type: "step:waiting", ...step, blockedBy });
      } else if (end === "progress") {
        const count = { done: chain % 8, total: 7, unit: "blocks" } as const;
        events.push({ type: "step:progress", ...step, phase: message, count });
      } else if (end === "failed" || end === "in-doubt") {
        const notAttempted = next.left.slice(1);
        events.push(
          end === "failed"
            ? { type: "step:failed", ...step, durationMs: 5, error, notAttempted }
            : { type: "step:in-doubt", ...step, error, notAttempted },
        );
        next.left = [];
      } else if (end === "requeued") {
        events.push({
          type: "step:requeued",
          ...step,
          reason: "deadlock",
          attempt: 1,
          delayMs: 10,
        });
        next.running = false;
      } else {
        events.push(
          end === "already-done"
            ? { type: "step:already-done", ...step }
            : { type: "step:done", ...step, durationMs: 5 },
        );
        next.done.push(version);
        next.left = next.left.slice(1);
        next.running = false;
      }
    }
    return events;
  });
