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
  const [first] = violations;
  if (first === undefined) {
    return chains;
  }
  const groups = new Map<string, Violation<OpenShard>[]>();
  for (const violation of violations) {
    const { code, onDisk, inDatabase } = violation;
    const key = JSON.stringify([code, onDisk, inDatabase]);
    groups.set(key, [...(groups.get(key) ?? []), violation]);
  }
  throw new PgMigError(
    violations.length === 1
      ? first.message
      : `${violations.length} shards cannot be migrated; nothing was changed.`,
    {
      code: first.code,
      hint: violations.length === 1 ? first.hint : undefined,
      where: placeOf(first.shard),
      problems:
        violations.length === 1
          ? []
          : [...groups.values()].map(([violation = first, ...others]) => ({
              message:
                others.length === 0
                  ? violation.message
                  : `${violation.message} The same on ${others.length} more.`,
              hint: violation.hint,
              where: placeOf(violation.shard),
            })),
    },
  );
}
