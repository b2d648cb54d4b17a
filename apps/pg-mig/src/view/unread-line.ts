import type { UnreadShard } from "@pg-mig/migrate";
import { listShards } from "@pg-mig/report";
import type { Line } from "./styled-line.js";
import { blockersText } from "./work-detail.js";

/** A shard that could not be read, and why. */
export function unreadLine({ node, shard, reason, blockedBy }: UnreadShard): Line {
  const blockers = blockedBy === undefined ? "" : `, blocked by ${blockersText(blockedBy)}`;
  return [
    { text: `${listShards([{ node, shard }])} could not be read`, tone: "bad" },
    { text: `: ${reason}${blockers}` },
  ];
}
