import type { Version } from "@pg-mig/migrations";
import { editDistance } from "@pg-mig/model";
import { type UnmatchedPrefix, unmatchedPrefixes } from "@pg-mig/planner";

/** A prefix whose versions no shard of the cluster gets, and what was probably meant. */
export interface UnmatchedPrefixWarning extends UnmatchedPrefix {
  /** The schemas whose names are nearest, at most 3, nearest first; none if longer prefixes take its own. */
  readonly nearestSchemas: readonly string[];
  /** All of this in one sentence, or two. */
  readonly message: string;
}

/** How many versions, and how many schemas, a message names. */
const namesShown = 3;

/**
 * Finds the prefixes of versions on disk that match no schema, with what was probably meant. Pure.
 *
 * @param schemas The names of all schemas of all nodes; `undefined`: not all are known, and nothing
 * can be said.
 */
export function findUnmatchedPrefixes(
  versions: readonly Version[],
  schemas: ReadonlySet<string> | undefined,
): readonly UnmatchedPrefixWarning[] {
  if (schemas === undefined) {
    return [];
  }
  return unmatchedPrefixes(versions, schemas).map((unmatched) => {
    const nearest = unmatched.takenBy.length > 0 ? [] : nearestSchemas(unmatched.prefix, schemas);
    return { ...unmatched, nearestSchemas: nearest, message: describe(unmatched, nearest) };
  });
}

function describe(
  { prefix, versions, takenBy }: UnmatchedPrefix,
  nearest: readonly string[],
): string {
  const nowhere = `so ${listVersions(versions)} ${versions.length === 1 ? "runs" : "run"} nowhere`;
  if (takenBy.length > 0) {
    return `Longer prefixes (${takenBy.join(", ")}) take every schema that the prefix "${prefix}" matches, ${nowhere}.`;
  }
  const known = nearest.length === 0 ? "" : ` The nearest schemas: ${nearest.join(", ")}.`;
  return `The prefix "${prefix}" matches no schema on any node, ${nowhere}.${known}`;
}

function listVersions(versions: readonly string[]): string {
  const more = versions.length - namesShown;
  const named = versions.slice(0, namesShown).join(", ");
  return more > 0 ? `${named} and ${more} more` : named;
}

/** Of schemas that differ in their digits alone, such as sh0001 and sh0002, one is enough. */
function nearestSchemas(prefix: string, schemas: ReadonlySet<string>): readonly string[] {
  const ranked = [...schemas]
    .map((schema) => {
      const stem = schema.replace(/\d+/g, "");
      return {
        schema,
        stem,
        distance: Math.min(unlikeness(prefix, schema), unlikeness(prefix, stem)),
      };
    })
    .sort((a, b) => a.distance - b.distance || (a.schema < b.schema ? -1 : 1));
  const stems = new Map<string, string>();
  for (const { schema, stem } of ranked) {
    if (!stems.has(stem)) {
      stems.set(stem, schema);
    }
  }
  return [...stems.values()].slice(0, namesShown);
}

/** From 0, the same, to 1: of each character, another. So a short name is not near to everything. */
function unlikeness(a: string, b: string): number {
  return editDistance(a, b) / Math.max(a.length, b.length);
}
