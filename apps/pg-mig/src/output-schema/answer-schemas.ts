import type {
  AdoptedShards,
  AdoptionReport,
  AppliedVersions,
  ClusterHistory,
  ClusterStatus,
  DriftReport,
  FileWarning,
  GroupComparison,
  JournalCounts,
  JournaledRun,
  JournalFailure,
  NodeStatus,
  PauseReport,
  PlannedRun,
  PlannedSql,
  PlannedWave,
  RehearsalReport,
  RehearsedLock,
  RehearsedStatement,
  RehearsedVersion,
  ShardStatus,
  ShardVersion,
  SharedDifference,
  UnmatchedPrefixWarning,
  UnreadShard,
  VersionHistory,
  WaveStatus,
} from "@pg-mig/migrate";
import type { JsonError } from "../json-error.js";
import {
  count,
  flag,
  type JsonSchema,
  listOf,
  milliseconds,
  objectOf,
  oneOf,
  optional,
  text,
} from "./json-schema.js";
import {
  action,
  blockers,
  error,
  location,
  place,
  places,
  problem,
  versionPlaces,
} from "./report-schema.js";

const fileWarnings = listOf(objectOf<FileWarning>({ version: text, file: text, message: text }));
const unmatchedPrefixes = listOf(
  objectOf<UnmatchedPrefixWarning>({
    prefix: text,
    versions: listOf(text),
    takenBy: listOf(text),
    nearestSchemas: listOf(text),
    message: text,
  }),
);

const shardStatus = objectOf<ShardStatus>({
  shard: text,
  applied: count,
  latest: optional(text),
  latestAt: optional(text),
  versions: optional(
    listOf(
      objectOf<ShardVersion>({
        version: text,
        appliedAt: optional(text),
        checksum: optional(text),
        file: oneOf<ShardVersion["file"]>({
          same: true,
          edited: true,
          missing: true,
          unknown: true,
        }),
      }),
    ),
  ),
  pending: listOf(text),
  violation: optional(
    objectOf<NonNullable<ShardStatus["violation"]>>({ code: text, message: text, hint: text }),
  ),
});

const differenceFields = {
  kind: text,
  path: text,
  what: oneOf<SharedDifference["what"]>({ missing: true, extra: true, differs: true }),
  expected: optional(text),
  found: optional(text),
};
const difference = objectOf<Omit<SharedDifference, "shards">>(differenceFields);
const sharedDifference = objectOf<SharedDifference>({ ...differenceFields, shards: places });

const unread = listOf(
  objectOf<UnreadShard>({ node: text, shard: text, reason: text, blockedBy: optional(blockers) }),
);

const lookedAt = oneOf<RehearsalReport["outcome"]>({ ok: true, failed: true, unknown: true });
const triedOnce = { ok: true, failed: true, skipped: true } as const;
const answer: JsonSchema = { type: ["boolean", "null"] };
const rehearsedVersion = objectOf<RehearsedVersion>({
  version: text,
  up: oneOf<RehearsedVersion["up"]>(triedOnce),
  down: oneOf<RehearsedVersion["down"]>({ ...triedOnce, empty: true }),
  restores: answer,
  repeats: answer,
  differences: listOf(difference),
  locks: listOf(
    objectOf<RehearsedLock>({ relation: text, mode: text, statement: count, outside: flag }),
  ),
  rewrites: listOf(text),
  createsOutside: listOf(text),
  sequences: listOf(text),
  statements: listOf(objectOf<RehearsedStatement>({ text, durationMs: milliseconds })),
  durationMs: milliseconds,
  error: optional(error),
  reason: optional(text),
});

/** What commands print that are no runs, by `type`. */
export const answerSchemas = {
  error: objectOf<JsonError>({
    code: text,
    page: text,
    message: text,
    hint: optional(text),
    where: optional(location),
    problems: optional(listOf(problem)),
  }),
  version: objectOf<{ readonly version: string }>({ version: text }),
  digest: objectOf<{ readonly digest: string }>({ digest: text }),
  file: objectOf<{ readonly file: string }>({ file: text }),
  applied: objectOf<AppliedVersions>({ versions: listOf(text), shards: places }),
  plan: objectOf<Omit<PlannedRun, "file">>({
    action,
    nodes: listOf(text),
    addresses: listOf(text),
    hooks: listOf(text),
    chains: listOf(
      objectOf<PlannedRun["chains"][number]>({ node: text, shard: text, pending: listOf(text) }),
    ),
    waves: optional(listOf(objectOf<PlannedWave>({ name: text, shards: count, pending: places }))),
    edited: versionPlaces,
    emptyFiles: fileWarnings,
    unusualFiles: fileWarnings,
    unmatchedPrefixes,
    sql: optional(
      listOf(
        objectOf<PlannedSql>({
          version: text,
          node: text,
          shard: text,
          otherShards: count,
          messages: listOf(text),
          fileAsItStands: flag,
        }),
      ),
    ),
  }),
  status: objectOf<ClusterStatus>({
    codeDigest: text,
    databaseDigest: text,
    nodes: listOf(
      objectOf<NodeStatus>({
        node: text,
        address: text,
        digest: optional(text),
        lastRun: oneOf<NodeStatus["lastRun"]>({ current: true, unfinished: true, changed: true }),
        shards: listOf(shardStatus),
      }),
    ),
    hooks: listOf(text),
    edited: versionPlaces,
    emptyFiles: fileWarnings,
    unmatchedPrefixes,
    waves: optional(
      listOf(
        objectOf<WaveStatus>({
          name: text,
          shards: count,
          pendingShards: count,
          soakLeftMs: milliseconds,
          gate: optional(
            oneOf<NonNullable<WaveStatus["gate"]>>({
              sql: true,
              command: true,
              http: true,
              alike: true,
            }),
          ),
        }),
      ),
    ),
  }),
  history: objectOf<ClusterHistory>({
    addresses: listOf(text),
    versions: listOf(
      objectOf<VersionHistory>({
        version: text,
        shards: count,
        firstAt: optional(text),
        lastAt: optional(text),
        withoutTime: count,
      }),
    ),
    runs: optional(
      listOf(
        objectOf<JournaledRun>({
          id: text,
          action: text,
          startedAt: text,
          endedAt: optional(text),
          user: optional(text),
          host: optional(text),
          program: optional(text),
          codeDigest: text,
          commit: optional(text),
          outcome: optional(text),
          counts: optional(
            objectOf<JournalCounts>({
              planned: count,
              done: count,
              alreadyDone: count,
              failed: count,
              inDoubt: count,
              notAttempted: count,
            }),
          ),
          failures: optional(
            listOf(
              objectOf<JournalFailure>({
                what: optional(text),
                code: text,
                sqlState: optional(text),
                message: text,
                count,
                first: optional(text),
              }),
            ),
          ),
          missingOn: listOf(text),
        }),
      ),
    ),
    withoutJournal: optional(
      listOf(
        objectOf<NonNullable<ClusterHistory["withoutJournal"]>[number]>({
          node: text,
          reason: text,
        }),
      ),
    ),
  }),
  pause: objectOf<PauseReport>({
    outcome: oneOf<PauseReport["outcome"]>({ asked: true, "no-run": true }),
    runs: listOf(
      objectOf<PauseReport["runs"][number]>({
        node: text,
        holder: text,
        answer: oneOf<PauseReport["runs"][number]["answer"]>({ heard: true, ended: true }),
      }),
    ),
  }),
  drift: objectOf<DriftReport>({
    outcome: oneOf<DriftReport["outcome"]>({ alike: true, drift: true, unknown: true }),
    addresses: listOf(text),
    shards: count,
    groups: listOf(
      objectOf<GroupComparison>({
        prefix: text,
        version: optional(text),
        shards: count,
        reference: {
          anyOf: [
            { type: "null" },
            objectOf<NonNullable<GroupComparison["reference"]>>({
              from: oneOf<NonNullable<GroupComparison["reference"]>["from"]>({
                majority: true,
                files: true,
                shard: true,
              }),
              shards: count,
            }),
          ],
        },
        differences: listOf(sharedDifference),
      }),
    ),
    unread,
  }),
  rehearsal: objectOf<RehearsalReport>({
    outcome: lookedAt,
    where: { anyOf: [{ const: "scratch" }, place] },
    blockedBy: optional(blockers),
    versions: listOf(rehearsedVersion),
  }),
  adoption: objectOf<AdoptionReport>({
    outcome: lookedAt,
    addresses: listOf(text),
    shards: count,
    empty: count,
    adopted: listOf(
      objectOf<AdoptedShards>({
        prefix: text,
        version: text,
        by: oneOf<AdoptedShards["by"]>({ shape: true, insisted: true }),
        shards: places,
      }),
    ),
    ambiguous: listOf(
      objectOf<AdoptionReport["ambiguous"][number]>({
        prefix: text,
        versions: listOf(text),
        shards: places,
      }),
    ),
    unfit: listOf(
      objectOf<AdoptionReport["unfit"][number]>({
        prefix: text,
        nearest: optional(text),
        differences: listOf(difference),
        shards: places,
      }),
    ),
    unread,
    failed: listOf(objectOf<AdoptionReport["failed"][number]>({ node: text, shard: text, error })),
  }),
} satisfies Readonly<Record<string, JsonSchema>>;
