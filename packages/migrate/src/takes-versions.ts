import type { Version } from "@pg-mig/migrations";
import { longestPrefix } from "@pg-mig/planner";
import type { OpenShard } from "@pg-mig/sessions";

/** Tells of schemas whether they are shards: those that have versions, or get some of these. Pure. */
export function takesVersions(
  versions: readonly Pick<Version, "prefix">[],
): (schema: Pick<OpenShard, "name" | "versions">) => boolean {
  const prefixes = new Set(versions.map(({ prefix }) => prefix));
  return (schema) =>
    schema.versions.length > 0 || longestPrefix(prefixes, schema.name) !== undefined;
}
