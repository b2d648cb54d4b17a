import type { Version } from "@pg-mig/migrations";
import type { Place } from "@pg-mig/model";
import { longestPrefix } from "@pg-mig/planner";
import { listShards } from "@pg-mig/report";
import type { OpenNode, ValidShards } from "@pg-mig/sessions";
import type { ClusterOptions } from "./run-options.js";

/** Which schemas count, for the versions of a directory: a schema that equals its prefix always does. */
export function validShards(
  { validShardSchemasSql: sql = "" }: Pick<ClusterOptions, "validShardSchemasSql">,
  versions: readonly Pick<Version, "prefix">[],
): ValidShards | undefined {
  const always = new Set(versions.map(({ prefix }) => prefix));
  return sql.trim() === "" ? undefined : { sql, always };
}

/**
 * Says which schemas have a prefix of some version and do not count, so that a query which names too
 * few is noticed; `undefined`: there are none. Pure.
 */
export function leftOutNote(
  nodes: readonly OpenNode[],
  versions: readonly Pick<Version, "prefix">[],
): string | undefined {
  const prefixes = new Set(versions.map(({ prefix }) => prefix));
  const leftOut = nodes.flatMap(({ node: { label }, ledger, shards }): Place[] => {
    const counting = new Set(shards.map(({ name }) => name));
    return ledger.shards
      .filter(({ shard }) => !counting.has(shard) && longestPrefix(prefixes, shard) !== undefined)
      .map(({ shard }) => ({ node: label, shard }));
  });
  return leftOut.length === 0
    ? undefined
    : `Left out by the setting \`validShardSchemasSql\`: ${listShards(leftOut)}.`;
}
