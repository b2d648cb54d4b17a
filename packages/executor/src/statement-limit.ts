import { isInterruption } from "@pg-mig/sessions";
import type { StepScript } from "./step-script.js";

/** Which limit a statement ran into that the server has cancelled, in a sentence; `undefined`: none of the file. Pure. */
export function statementLimit(
  { limits: { statementTimeoutMs = 0 } }: Pick<StepScript, "limits">,
  error: unknown,
): string | undefined {
  return statementTimeoutMs > 0 && isInterruption(error)
    ? `The file gives each of its statements ${statementTimeoutMs} ms ($statement_timeout).`
    : undefined;
}
