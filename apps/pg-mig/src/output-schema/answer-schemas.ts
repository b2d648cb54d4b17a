import type {
  AppliedVersions,
  ClusterHistory,
  ClusterStatus,
  DriftReport,
  FileWarning,
  GroupComparison,
  NodeStatus,
  PlannedRun,
  PlannedSql,
  ShardStatus,
  SharedDifference,
  UnmatchedPrefixWarning,
  UnreadShard,
  VersionHistory,
} from "@pg-mig/migrate";
import type { JsonError } from "../json-error.js";
import {
  count,
  flag,
  type JsonSchema,
  listOf,
  objectOf,
  oneOf,
  optional,
  text,
} from "./json-schema.js";
import { action, blockers, location, places, problem, versionPlaces } from "./report-schema.js";

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
  pending: listOf(text),
  violation: optional(
    objectOf<NonNullable<ShardStatus["violation"]>>({ code: text, message: text, hint: text }),
  ),
});

const difference = objectOf<SharedDifference>({
  kind: text,
  path: text,
  what: oneOf<SharedDifference["what"]>({ missing: true, extra: true, differs: true }),
  expected: optional(text),
  found: optional(text),
  shards: places,
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
  plan: objectOf<PlannedRun>({
    action,
    nodes: listOf(text),
    addresses: listOf(text),
    hooks: listOf(text),
    chains: listOf(
      objectOf<PlannedRun["chains"][number]>({ node: text, shard: text, pending: listOf(text) }),
    ),
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
                shard: true,
              }),
              shards: count,
            }),
          ],
        },
        differences: listOf(difference),
      }),
    ),
    unread: listOf(
      objectOf<UnreadShard>({
        node: text,
        shard: text,
        reason: text,
        blockedBy: optional(blockers),
      }),
    ),
  }),
} satisfies Readonly<Record<string, JsonSchema>>;
