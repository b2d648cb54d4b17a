export type { Blocker } from "./blocker.js";
export type { BuildProgress } from "./build-progress.js";
export { shownShard } from "./collapse-shards.js";
export { groupBy } from "./group-by.js";
export type { FailureGroup, HookFailureGroup } from "./group-failures.js";
export { failureReason, groupFailures, groupHookFailures } from "./group-failures.js";
export type { WarningGroup } from "./group-warnings.js";
export { groupWarnings } from "./group-warnings.js";
export { listAddresses } from "./list-addresses.js";
export { stepsPerSecond } from "./pace.js";
export { countOf, formatCount, formatDuration, formatRate, formatSeconds } from "./quantities.js";
export type { Run } from "./run.js";
export { createRun } from "./run.js";
export type {
  AbandonedChain,
  EditedFile,
  ErrorInfo,
  HookFailure,
  NodeEvent,
  Report,
  RequeueReason,
  RunAction,
  RunEvent,
  RunOutcome,
  StepFailure,
  Warning,
} from "./run-event.js";
export type { CurrentWave, RunModel, RunningWork } from "./run-model.js";
export { finishedSteps, placeOfWork, remainingMs, runningWork } from "./run-model.js";
export { RunReducer } from "./run-reducer.js";
export { listShards } from "./shard-list.js";
export type { PlacedStep } from "./step-set.js";
