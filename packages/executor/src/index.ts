export type { AcquireSessionOptions } from "./acquire-session.js";
export { acquireSession } from "./acquire-session.js";
export type { Blocker } from "./blocker.js";
export type { BuildProgress } from "./build-progress.js";
export type { Company, ScheduledChain, StartedStep, VersionLimits } from "./chain-schedule.js";
export { ChainSchedule } from "./chain-schedule.js";
export type { ChainToRun } from "./chain-state.js";
export { errorInfo } from "./error-info.js";
export type {
  ExecutorClient,
  ExecutorConnections,
  ExecutorNode,
  QueryAnswer,
} from "./executor-client.js";
export type { StepDone } from "./report.js";
export { ReportBuilder } from "./report.js";
export type { Run } from "./run.js";
export { createRun } from "./run.js";
export type { RunChainsOptions } from "./run-chains.js";
export { runChains } from "./run-chains.js";
export type {
  EditedFile,
  ErrorInfo,
  Report,
  RequeueReason,
  RunAction,
  RunEvent,
  RunOutcome,
  StepFailure,
} from "./run-event.js";
export type { RunOnNodesOptions } from "./run-on-nodes.js";
export { runHook, runSqlOnNodes } from "./run-on-nodes.js";
export { isConnectionLoss } from "./server-error.js";
export type { BusySession, SessionWork } from "./session-pool.js";
export { SessionPool } from "./session-pool.js";
export type { AskNode, SessionWatchOptions } from "./session-watch.js";
export { SessionWatch } from "./session-watch.js";
export type { StepMessages, StepToShow } from "./step-messages.js";
export { stepMessages } from "./step-messages.js";
export type { StepRecorder } from "./step-recorder.js";
export type { StepLimits, StepScript } from "./step-script.js";
