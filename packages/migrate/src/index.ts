export { itemKinds } from "@pg-mig/catalog";
export type { Choice, DiscoverySource, NodeDefaults } from "@pg-mig/cluster";
export {
  command,
  discoverNodes,
  file,
  hosts,
  parseChoice,
  passwordFromCommand,
  readService,
} from "@pg-mig/cluster";
export type { JournalCounts, JournalFailure } from "@pg-mig/ledger";
export { loadDBDigest } from "@pg-mig/ledger";
export type { MadeMigration, Version } from "@pg-mig/migrations";
export type { PgMigError, Place, VersionPlaces } from "@pg-mig/model";
export { isPgMigError } from "@pg-mig/model";
export type {
  Blocker,
  BuildProgress,
  EditedFile,
  ErrorInfo,
  NodeEvent,
  Report,
  RequeueReason,
  Run,
  RunAction,
  RunEvent,
  RunOrigin,
  RunOutcome,
  StepFailure,
} from "@pg-mig/report";
export type { Only, Part } from "@pg-mig/sessions";
export { isBug } from "@pg-mig/sessions";
export type { AdoptionReport, AdoptOptions } from "./adopt.js";
export { adopt } from "./adopt.js";
export type { AppliedVersions } from "./applied-versions.js";
export { appliedVersions } from "./applied-versions.js";
export { apply } from "./apply.js";
export type { NodesComparison, UnreadShard } from "./compare-nodes.js";
export type {
  GroupComparison,
  IgnoredItem,
  Reference,
  SharedDifference,
} from "./compare-shards.js";
export { chain, digest, init, listVersions, make } from "./directory-actions.js";
export type { DriftOptions, DriftReport } from "./drift.js";
export { drift } from "./drift.js";
export type { DryRunOptions, PlannedRun, PlannedWave } from "./dry-run.js";
export { dryRun } from "./dry-run.js";
export type { ClusterHistory, VersionHistory } from "./history.js";
export { history } from "./history.js";
export type { JournaledRun } from "./journaled-runs.js";
export type { AdoptedShards, AdoptionJudgement } from "./judge-adoption.js";
export { latest } from "./latest.js";
export { loadSources } from "./load-sources.js";
export type { RehearsedLock, RehearsedStatement } from "./lock-watch.js";
export type { FileWarning } from "./migration-files.js";
export type { PauseReport, PauseRunOptions } from "./pause-run.js";
export { pauseRun } from "./pause-run.js";
export type { PlanFile, PlannedFile, PlannedGroup, PlannedNode } from "./plan-file.js";
export { parsePlanFile, renderPlanFile } from "./plan-file.js";
export type { PlannedSql } from "./planned-sql.js";
export type { RehearseOptions } from "./rehearse.js";
export { rehearse } from "./rehearse.js";
export type { RehearseOnShardOptions } from "./rehearse-on-shard.js";
export { rehearseOnShard } from "./rehearse-on-shard.js";
export type { RehearsalReport, RehearsedVersion } from "./rehearsed-version.js";
export type { ApplyOptions, ClusterOptions, RunOptions, UndoOptions } from "./run-options.js";
export type {
  ClusterStatus,
  NodeStatus,
  ShardStatus,
  ShardVersion,
  StatusOptions,
  WaveStatus,
} from "./status.js";
export { status } from "./status.js";
export { undo } from "./undo.js";
export type { RunToUndo, UndoRunOptions } from "./undo-run.js";
export { undoRun } from "./undo-run.js";
export type { UnmatchedPrefixWarning } from "./unmatched-prefixes.js";
