import { isPgMigError, PgMigError } from "@pg-mig/model";
import type { Blocker, ErrorInfo } from "@pg-mig/report";

/** The shard was another's for all the time that there was. */
export function shardTakenError(shard: string): PgMigError {
  return new PgMigError(`Another run works on shard "${shard}" and did not let go of it.`, {
    code: "SHARD_TAKEN",
    hint: "Let the other run finish, then run pg-mig again.",
  });
}

/** What ran outside of a transaction waited for others, or held others up, until the run lost patience. */
export function gaveUpError(why: "waiting" | "obstructing", cause: unknown): PgMigError {
  const where = isPgMigError(cause) ? cause.where : undefined;
  if (why === "obstructing") {
    return new PgMigError(
      "It waited for a lock, with everybody else behind it, and was cancelled.",
      {
        code: "LOCK_WAIT_TIMEOUT",
        hint: "Run pg-mig again when the long transactions on its table are over. DROP INDEX CONCURRENTLY holds nobody up.",
        where,
        cause,
      },
    );
  }
  return new PgMigError("It waited too long for other transactions to end, and was cancelled.", {
    code: "INDEX_WAIT_TIMEOUT",
    hint: "Run pg-mig again when the long transactions of this database are over. A broken index that this left is replaced then.",
    where,
    cause,
  });
}

/** Says in an error who blocked the step, and what to do about it. */
export function withBlockers(error: ErrorInfo, blockers: readonly Blocker[]): ErrorInfo {
  const hint = blockersHint(blockers);
  return hint === undefined ? error : { ...error, hint };
}

/** What is to be done about those who are in the way; `undefined`: nobody is. Pure. */
export function blockersHint(blockers: readonly Blocker[]): string | undefined {
  if (blockers.length === 0) {
    return undefined;
  }
  const prepared = blockers.some(({ pid }) => pid === 0)
    ? ["COMMIT PREPARED or ROLLBACK PREPARED, see pg_prepared_xacts"]
    : [];
  const pids = blockers.map(({ pid }) => pid).filter((pid) => pid > 0);
  const terminate = pids.map((pid) => `SELECT pg_terminate_backend(${pid});`).join(" ");
  const end = [...prepared, ...(terminate === "" ? [] : [terminate])].join("; ");
  const who = blockers.map(describeBlocker).join("; ");
  return `In its way: ${who}. Let that end (or end it there: ${end}), then run pg-mig again.`;
}

function describeBlocker({ pid, user, application, state, since, query }: Blocker): string {
  // A server tells no state to those who may not see it.
  const unseen = pid === 0 ? [] : ["its work is shown to members of pg_read_all_stats"];
  const process = pid === 0 ? "a prepared transaction" : `process ${pid}`;
  const details = [
    ...(user === undefined ? [] : [`user ${user}`]),
    ...(application === undefined ? [] : [application]),
    ...(state === undefined ? unseen : [state]),
    ...(since === undefined ? [] : [`its transaction began ${since}`]),
    ...(query === undefined ? [] : [query]),
  ];
  return details.length === 0 ? process : `${process} (${details.join(", ")})`;
}
