export type {
  ErrorInfo,
  Report,
  RequeueReason,
  RunAction,
  RunEvent,
  RunOutcome,
  StepFailure,
} from "./run-event.js";
