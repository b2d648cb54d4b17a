import { PgMigError } from "@pg-mig/model";
import type { Violation } from "@pg-mig/planner";
import type { OpenNode } from "@pg-mig/sessions";

/**
 * Throws if there are shards that cannot be planned for: an error that tells all of them, those with
 * the same reason as one problem.
 *
 * @throws PgMigError with the code of the first violation
 */
export function refuseViolations(
  violations: readonly Violation[],
  nodes: readonly OpenNode[],
): void {
  const [first] = violations;
  if (first === undefined) {
    return;
  }
  const label = (name: string) => nodes.find(({ node }) => node.name === name)?.node.label ?? name;
  const groups = new Map<string, Violation[]>();
  for (const violation of violations) {
    const { code, onDisk, inDatabase } = violation;
    const key = JSON.stringify([code, onDisk, inDatabase]);
    groups.set(key, [...(groups.get(key) ?? []), violation]);
  }
  const where = { node: label(first.node), shard: first.shard };
  throw new PgMigError(
    violations.length === 1
      ? first.message
      : `${violations.length} shards cannot be migrated; nothing was changed.`,
    {
      code: first.code,
      hint: violations.length === 1 ? first.hint : undefined,
      where,
      problems:
        violations.length === 1
          ? []
          : [...groups.values()].map(([violation = first, ...others]) => ({
              message:
                others.length === 0
                  ? violation.message
                  : `${violation.message} The same on ${others.length} more.`,
              hint: violation.hint,
              where: { node: label(violation.node), shard: violation.shard },
            })),
    },
  );
}
