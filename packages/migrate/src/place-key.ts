import type { Place } from "@pg-mig/model";

/** A place as the key of a map. */
export function placeKey({ node, shard }: Place): string {
  return JSON.stringify([node, shard]);
}
