export type { Blocker } from "./blocker.js";
export type { BuildProgress } from "./build-progress.js";
export { collapseShards, shownShard } from "./collapse-shards.js";
export type { ErrorInfo } from "./error-info.js";
export { groupBy } from "./group-by.js";
export type { FailureGroup, HookFailureGroup } from "./group-failures.js";
export { failureReason, groupFailures, groupHookFailures } from "./group-failures.js";
export type { WarningGroup } from "./group-warnings.js";
export { groupWarnings } from "./group-warnings.js";
export { listAddresses } from "./list-addresses.js";
export { stepsPerSecond } from "./pace.js";
export { renderHtmlReport } from "./pages/html-report.js";
export { renderJunitReport } from "./pages/junit-report.js";
export { renderMarkdownReport } from "./pages/markdown-report.js";
export { countOf, formatCount, formatDuration, formatRate, formatSeconds } from "./quantities.js";
export type {
  AbandonedChain,
  EditedFile,
  HookFailure,
  NodeDurations,
  Report,
  ReportedNode,
  RunAction,
  RunOrigin,
  RunOutcome,
  StepDurations,
  StepFailure,
  TimeLine,
  VersionDurations,
  Warning,
} from "./report.js";
export type { CountedRun, Run, RunProgress } from "./run.js";
export { createRun } from "./run.js";
export type {
  NodeEvent,
  PlannedWork,
  RequeueReason,
  RunEvent,
  ThrottleReason,
} from "./run-event.js";
export type { CurrentWave, FailureCount, RunModel, RunningWork } from "./run-model.js";
export { finishedSteps, placeOfWork, runningWork } from "./run-model.js";
export type { RunObserver } from "./run-observer.js";
export { RunReducer } from "./run-reducer.js";
export { listShards } from "./shard-list.js";
export type { StepCounts } from "./step-counts.js";
export { leftOf } from "./step-counts.js";
export type { PlacedStep } from "./step-set.js";
