import { isPgMigError } from "@pg-mig/model";
import type { SourcePosition } from "@pg-mig/psql-script";
import { isConnectionLoss } from "@pg-mig/sessions";
import { committedPlaces } from "@pg-mig/sql-rules";
import type { StepScript } from "./step-script.js";

/**
 * What a version that failed has left on its shard, in a sentence or two; `undefined`: nothing, as everybody
 * expects. Pure.
 */
export function whatStays(
  { own, script }: Pick<StepScript, "own" | "script">,
  error: unknown,
): string | undefined {
  if (own === undefined || (isPgMigError(error) && error.code === "SHARD_TAKEN")) {
    return undefined;
  }
  const advice = "Look at the shard: this run does not try the version again, the next one does.";
  const { file, line, column = 0 } = (isPgMigError(error) && error.where) || {};
  if (line === undefined || file !== script.file) {
    return `What the file had committed before that stays. ${advice}`;
  }
  // Of a statement that got no answer nobody knows whether it has committed.
  const isLost = isConnectionLoss(error);
  const isBefore = (at: SourcePosition) =>
    at.line < line || (at.line === line && (isLost ? at.column <= column : at.column < column));
  let last: SourcePosition | undefined;
  for (const at of committedPlaces(script, own)) {
    last = isBefore(at) ? at : last;
  }
  if (last === undefined) {
    return "The file controls transactions itself, and had committed nothing yet.";
  }
  return isLost && last.line === line
    ? `What the file did up to line ${line} may be committed: the connection broke. ${advice}`
    : `What the file had committed up to line ${last.line} stays. ${advice}`;
}
