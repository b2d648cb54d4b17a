import type {
  BuildProgress,
  PlannedWork,
  RequeueReason,
  RunEvent,
  ThrottleReason,
} from "@pg-mig/report";
import {
  count,
  type FieldSchemas,
  type JsonSchema,
  listOf,
  milliseconds,
  objectOf,
  oneOf,
  optional,
  text,
} from "./json-schema.js";
import { abandonReason, action, blockers, error } from "./report-schema.js";

type EventOf<TType extends RunEvent["type"]> = Omit<Extract<RunEvent, { type: TType }>, "type">;

const step = { node: text, shard: text, version: text };
const work = {
  node: text,
  shard: optional(text),
  version: optional(text),
  file: optional(text),
};
const notAttempted = listOf(text);
/** Steps that a round adds, or takes away. */
const difference: JsonSchema = { type: "integer" };
const plannedWork: FieldSchemas<PlannedWork> = {
  stepsByNode: listOf(
    objectOf<PlannedWork["stepsByNode"][number]>({ node: text, steps: difference }),
  ),
  stepsByVersion: listOf(
    objectOf<PlannedWork["stepsByVersion"][number]>({ version: text, steps: difference }),
  ),
};

/** The fields of each type of event. It compiles only if no type and no field is forgotten. */
export const eventSchemas: Readonly<Record<RunEvent["type"], JsonSchema>> = {
  "run:start": objectOf<EventOf<"run:start">>({
    action,
    nodes: listOf(text),
    addresses: listOf(text),
    shards: count,
    chains: count,
    steps: count,
    ...plannedWork,
  }),
  "round:start": objectOf<EventOf<"round:start">>({
    round: count,
    chains: count,
    // A round that only runs again what vanished adds nothing.
    steps: difference,
    ...plannedWork,
  }),
  "wave:start": objectOf<EventOf<"wave:start">>({
    wave: text,
    number: count,
    of: count,
    shards: count,
    chains: count,
    steps: count,
  }),
  "wave:done": objectOf<EventOf<"wave:done">>({ wave: text, shards: count }),
  gate: objectOf<EventOf<"gate">>({
    wave: text,
    answer: oneOf<EventOf<"gate">["answer"]>({ yes: true, no: true }),
    why: text,
  }),
  "wave:soak": objectOf<EventOf<"wave:soak">>({ wave: text, leftMs: milliseconds }),
  "hook:start": objectOf<EventOf<"hook:start">>({ node: text, file: text }),
  "hook:done": objectOf<EventOf<"hook:done">>({ node: text, file: text, durationMs: milliseconds }),
  "hook:failed": objectOf<EventOf<"hook:failed">>({
    node: text,
    file: text,
    durationMs: milliseconds,
    error,
  }),
  "step:start": objectOf<EventOf<"step:start">>(step),
  "step:done": objectOf<EventOf<"step:done">>({ ...step, durationMs: milliseconds }),
  "step:already-done": objectOf<EventOf<"step:already-done">>(step),
  "step:waiting": objectOf<EventOf<"step:waiting">>({ ...work, blockedBy: blockers }),
  "step:progress": objectOf<EventOf<"step:progress">>({
    ...work,
    phase: text,
    count: optional(
      objectOf<NonNullable<BuildProgress["count"]>>({
        done: count,
        total: count,
        unit: oneOf<NonNullable<BuildProgress["count"]>["unit"]>({
          lockers: true,
          blocks: true,
          tuples: true,
        }),
      }),
    ),
  }),
  "step:vanished": objectOf<EventOf<"step:vanished">>({
    ...step,
    doneBy: oneOf<EventOf<"step:vanished">["doneBy"]>({ "this-run": true, "earlier-run": true }),
  }),
  "step:requeued": objectOf<EventOf<"step:requeued">>({
    ...step,
    reason: oneOf<RequeueReason>({
      "shard-taken": true,
      "ledger-changed": true,
      "lock-timeout": true,
      deadlock: true,
      serialization: true,
      "connection-lost": true,
      "no-connection": true,
      "out-of-memory": true,
    }),
    attempt: count,
    delayMs: milliseconds,
    blockedBy: optional(blockers),
  }),
  "step:failed": objectOf<EventOf<"step:failed">>({
    ...step,
    durationMs: milliseconds,
    error,
    notAttempted,
    blockedBy: optional(blockers),
  }),
  "step:in-doubt": objectOf<EventOf<"step:in-doubt">>({ ...step, error, notAttempted }),
  "step:outside": objectOf<EventOf<"step:outside">>({
    ...step,
    object: text,
    locks: listOf(text),
  }),
  "chain:abandoned": objectOf<EventOf<"chain:abandoned">>({
    node: text,
    shard: text,
    reason: abandonReason,
    notAttempted,
  }),
  "budget:spent": objectOf<EventOf<"budget:spent">>({
    limit: oneOf<EventOf<"budget:spent">["limit"]>({
      failed: true,
      failedPercent: true,
      failedPerNode: true,
    }),
    failed: count,
    node: optional(text),
    message: text,
  }),
  "node:away": objectOf<EventOf<"node:away">>({ node: text, error, leftMs: milliseconds }),
  "node:back": objectOf<EventOf<"node:back">>({ node: text, awayMs: milliseconds }),
  "node:lost": objectOf<EventOf<"node:lost">>({ node: text, error, awayMs: milliseconds }),
  "node:paused": objectOf<EventOf<"node:paused">>({
    node: text,
    reasons: listOf(
      oneOf<ThrottleReason>({
        lagMs: true,
        lagBytes: true,
        active: true,
        blocked: true,
        hold: true,
        unknown: true,
      }),
    ),
    why: text,
  }),
  "node:resumed": objectOf<EventOf<"node:resumed">>({ node: text, pausedMs: milliseconds }),
  note: objectOf<EventOf<"note">>({ message: text }),
  warning: objectOf<EventOf<"warning">>({
    node: optional(text),
    shard: optional(text),
    version: optional(text),
    message: text,
  }),
  output: objectOf<EventOf<"output">>({
    node: text,
    shard: optional(text),
    version: optional(text),
    file: text,
    line: text,
  }),
  "run:done": objectOf<EventOf<"run:done">>({ report: { $ref: "#/$defs/report" } }),
};
