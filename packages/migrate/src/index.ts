export type { PgMigError } from "@pg-mig/errors";
export { isPgMigError } from "@pg-mig/errors";
export type {
  EditedFile,
  ErrorInfo,
  Report,
  RequeueReason,
  Run,
  RunAction,
  RunEvent,
  RunOutcome,
  StepFailure,
} from "@pg-mig/executor";
export { loadDBDigest } from "@pg-mig/ledger";
export { apply } from "./apply.js";
export type { ApplyOptions, ClusterOptions, RunOptions, UndoOptions } from "./run-options.js";
export type { ClusterStatus, NodeStatus, ShardStatus, StatusOptions } from "./status.js";
export { status } from "./status.js";
export { undo } from "./undo.js";
