import type { ErrorLocation, Place, Problem, VersionPlaces } from "@pg-mig/model";
import type {
  AbandonedChain,
  Blocker,
  ErrorInfo,
  HookFailure,
  NodeDurations,
  Report,
  RunAction,
  RunOrigin,
  RunOutcome,
  StepFailure,
  TimeLine,
  VersionDurations,
  Warning,
} from "@pg-mig/report";
import {
  count,
  type JsonSchema,
  listOf,
  milliseconds,
  objectOf,
  oneOf,
  optional,
  text,
} from "./json-schema.js";

const reference = (name: string): JsonSchema => ({ $ref: `#/$defs/${name}` });

export const error = reference("error-info");
export const location = reference("location");
export const problem = reference("problem");
export const place = reference("place");
export const places = listOf(place);
export const versionPlaces = listOf(reference("version-places"));
export const blockers = listOf(reference("blocker"));

export const action = oneOf<RunAction>({ apply: true, undo: true });
export const abandonReason = oneOf<AbandonedChain["reason"]>({
  interrupted: true,
  "node-lost": true,
  "hook-failed": true,
  bug: true,
  paused: true,
  stopped: true,
});

/** What several objects have in them. */
export const sharedSchemas: Readonly<Record<string, JsonSchema>> = {
  place: objectOf<Place>({ node: text, shard: text }),
  "version-places": objectOf<VersionPlaces>({ version: text, shards: places }),
  location: objectOf<ErrorLocation>({
    node: optional(text),
    shard: optional(text),
    version: optional(text),
    file: optional(text),
    line: optional(count),
    column: optional(count),
  }),
  problem: objectOf<Problem>({
    message: text,
    hint: optional(text),
    where: optional(location),
  }),
  blocker: objectOf<Blocker>({
    pid: count,
    user: optional(text),
    application: optional(text),
    state: optional(text),
    query: optional(text),
    since: optional(text),
  }),
  "error-info": objectOf<ErrorInfo>({
    code: text,
    message: text,
    hint: optional(text),
    where: optional(location),
    server: optional(
      objectOf<NonNullable<ErrorInfo["server"]>>({
        sqlState: optional(text),
        message: text,
        detail: optional(text),
        hint: optional(text),
        context: optional(text),
      }),
    ),
    excerpt: optional(text),
  }),
};

const durations = { count, meanMs: milliseconds, longestMs: milliseconds };

const stepFailure = objectOf<StepFailure>({
  node: text,
  shard: text,
  version: text,
  error,
  notAttempted: listOf(text),
  blockedBy: optional(blockers),
});

/** The report of a run: what `--report=FILE.json` writes, and `run:done` carries. */
export const reportSchema = objectOf<Report>({
  action,
  startedAt: { type: "string", format: "date-time" },
  origin: objectOf<RunOrigin>({
    user: optional(text),
    host: optional(text),
    program: optional(text),
    commit: optional(text),
  }),
  addresses: listOf(text),
  outcome: oneOf<RunOutcome>({
    done: true,
    "nothing-to-do": true,
    failed: true,
    interrupted: true,
    paused: true,
  }),
  durationMs: milliseconds,
  planned: count,
  done: count,
  alreadyDone: count,
  failed: listOf(stepFailure),
  inDoubt: listOf(stepFailure),
  notAttempted: count,
  abandoned: listOf(
    objectOf<AbandonedChain>({
      node: text,
      shard: text,
      reason: abandonReason,
      notAttempted: listOf(text),
    }),
  ),
  lostNodes: listOf(objectOf<Report["lostNodes"][number]>({ node: text, error })),
  pausedNodes: optional(
    listOf(
      objectOf<NonNullable<Report["pausedNodes"]>[number]>({
        node: text,
        why: text,
        pausedMs: milliseconds,
      }),
    ),
  ),
  hookFailures: listOf(objectOf<HookFailure>({ node: text, file: text, error })),
  warnings: listOf(
    objectOf<Warning>({
      node: optional(text),
      shard: optional(text),
      version: optional(text),
      message: text,
    }),
  ),
  unlistedWarnings: optional(count),
  doneByVersion: versionPlaces,
  durationsByVersion: listOf(objectOf<VersionDurations>({ version: text, ...durations })),
  durationsByNode: listOf(
    objectOf<NodeDurations>({ node: text, ...durations, fromMs: milliseconds, toMs: milliseconds }),
  ),
  slowest: listOf(
    objectOf<Report["slowest"][number]>({
      node: text,
      shard: text,
      version: text,
      durationMs: milliseconds,
    }),
  ),
  timeLine: objectOf<TimeLine>({
    everyMs: count,
    done: listOf(count),
    failed: listOf(count),
  }),
  latest: versionPlaces,
  edited: versionPlaces,
  pausedBy: optional(text),
  stoppedBy: optional(text),
  partial: optional({ const: true }),
  error: optional(error),
});
