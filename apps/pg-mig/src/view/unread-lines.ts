import type { UnreadShard } from "@pg-mig/migrate";
import { groupBy, listShards } from "@pg-mig/report";
import { spelledOut } from "./setting-spelling.js";
import type { Line } from "./styled-line.js";
import { blockersText } from "./work-detail.js";

/** The shards that could not be read, those of one reason together. */
export function unreadLines(unread: readonly UnreadShard[]): Line[] {
  return groupBy(unread, reasonOf).map(
    (group): Line => [
      { text: `${listShards(group)} could not be read`, tone: "bad" },
      { text: `: ${spelledOut(reasonOf(group[0]))}` },
    ],
  );
}

function reasonOf({ reason, blockedBy }: UnreadShard): string {
  return blockedBy === undefined ? reason : `${reason}, blocked by ${blockersText(blockedBy)}`;
}
