import { isPgMigError } from "@pg-mig/model";
import type { SourcePosition } from "@pg-mig/psql-script";
import { isConnectionLoss, serverWords } from "@pg-mig/sessions";
import { committedPlaces } from "@pg-mig/sql-rules";
import type { StepScript } from "./step-script.js";

/** How a file counts that starts with `COMMIT;` and ends inside of a transaction. */
const endsTransaction = { beginsItself: false, lastCommitAt: undefined };

/**
 * What a version that failed has left on its shard, in a sentence or two; `undefined`: nothing, as everybody
 * expects. Pure.
 */
export function whatStays(
  {
    transaction,
    own,
    script,
    dropFirst,
  }: Pick<StepScript, "transaction" | "own" | "script" | "dropFirst">,
  error: unknown,
): string | undefined {
  if (dropFirst !== undefined && mayHaveBegun(error)) {
    return `An invalid index ${dropFirst} may be left: the next run drops it and builds it again.`;
  }
  const known = transaction === "ends-transaction" ? endsTransaction : own;
  if (known === undefined || (isPgMigError(error) && error.code === "SHARD_TAKEN")) {
    return undefined;
  }
  const advice = "Look at the shard: this run does not try the version again, the next one does.";
  const { file, line, column = 1 } = (isPgMigError(error) && error.where) || {};
  if (line === undefined || file !== script.file) {
    return `What the file had committed before that stays. ${advice}`;
  }
  const failed = lastOf(
    script.statements.map(({ position }) => position),
    (at) => !isBefore({ line, column }, at),
  ) ?? { line, column };
  // Of a statement that got no answer nobody knows whether it has committed.
  const isLost = isConnectionLoss(error);
  const last = lastOf(committedPlaces(script, known), (at) =>
    isLost ? !isBefore(failed, at) : isBefore(at, failed),
  );
  if (last === undefined) {
    return "The file controls transactions itself, and had committed nothing yet.";
  }
  return isLost && last.line === failed.line
    ? `What the file did up to line ${last.line} may be committed: the connection broke. ${advice}`
    : `What the file had committed up to line ${last.line} stays. ${advice}`;
}

/** Whether the server may have begun to build an index: what it refuses by its words alone has none. */
function mayHaveBegun(error: unknown): boolean {
  const sqlState = serverWords(error)?.sqlState;
  return (
    isPgMigError(error) && error.code === "SCRIPT_FAILED" && sqlState?.startsWith("42") === false
  );
}

type Place = Pick<SourcePosition, "line" | "column">;

function isBefore(one: Place, other: Place): boolean {
  return one.line < other.line || (one.line === other.line && one.column < other.column);
}

function lastOf(places: Iterable<Place>, isSo: (at: Place) => boolean): Place | undefined {
  let last: Place | undefined;
  for (const at of places) {
    last = isSo(at) ? at : last;
  }
  return last;
}
