import { PgMigError } from "@pg-mig/model";
import type { Chain, Plan, Violation } from "@pg-mig/planner";
import { type OpenShard, placeOf } from "@pg-mig/sessions";

/**
 * The chains of a plan, if it may be run.
 *
 * @throws PgMigError with the code of the first violation, if there are any: it tells all of them,
 * those with the same reason as one problem.
 */
export function chainsOf({ chains, violations }: Plan<OpenShard>): readonly Chain<OpenShard>[] {
  const [first, another] = violations;
  if (first === undefined) {
    return chains;
  }
  const { code, hint } = first;
  const where = placeOf(first.shard);
  if (another === undefined) {
    throw new PgMigError(first.message, { code, hint, where });
  }
  const groups = new Map<string, Violation<OpenShard>[]>();
  for (const violation of violations) {
    const key = JSON.stringify([violation.code, violation.onDisk, violation.inDatabase]);
    groups.set(key, [...(groups.get(key) ?? []), violation]);
  }
  throw new PgMigError(`${violations.length} shards cannot be migrated; nothing was changed.`, {
    code,
    where,
    problems: [...groups.values()].map(([violation = first, ...others]) => ({
      message:
        others.length === 0
          ? violation.message
          : `${violation.message} The same on ${others.length} more.`,
      hint: violation.hint,
      where: placeOf(violation.shard),
    })),
  });
}
