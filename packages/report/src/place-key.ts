import type { Place } from "@pg-mig/model";

/** A text for each shard of each node, to look it up by. No name of PostgreSQL's holds a zero byte. */
export function placeKey({ node, shard }: Place): string {
  return `${node}\0${shard}`;
}
