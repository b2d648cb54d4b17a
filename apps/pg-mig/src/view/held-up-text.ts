import { formatCount, placeOfWork, type RunModel } from "@pg-mig/report";
import { blockersText } from "./work-detail.js";

/**
 * Who holds up shards, told of the one that has waited longest of those whose blocker was seen; empty if nobody
 * does.
 */
export function heldUpText({ heldUp }: Pick<RunModel, "heldUp">): string[] {
  const shards = [...heldUp.values()];
  const told = shards.find(({ blockedBy }) => blockedBy.length > 0) ?? shards[0];
  if (told === undefined) {
    return [];
  }
  const more = shards.length === 1 ? "" : ` and ${formatCount(shards.length - 1)} more`;
  return [`held up: ${placeOfWork(told)}${more}, by ${blockersText(told.blockedBy)}`];
}
