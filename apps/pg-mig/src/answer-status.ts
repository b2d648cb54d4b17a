import { exitStatus } from "./exit-status.js";

/** The exit status by the outcome of a command that looks, and answers. */
export const answerStatus = {
  ok: exitStatus.done,
  alike: exitStatus.done,
  failed: exitStatus.answeredNo,
  drift: exitStatus.answeredNo,
  unknown: exitStatus.failed,
} as const;
