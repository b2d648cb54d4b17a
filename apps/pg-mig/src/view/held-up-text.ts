import { formatCount, placeOfWork, type RunModel } from "@pg-mig/report";
import { blockersText } from "./work-detail.js";

/** Who holds up shards, told of the one that has waited longest; empty if nobody does. */
export function heldUpText({ heldUp }: Pick<RunModel, "heldUp">): string[] {
  return [...heldUp.values()].slice(0, 1).map((first) => {
    const more = heldUp.size === 1 ? "" : ` and ${formatCount(heldUp.size - 1)} more`;
    return `held up: ${placeOfWork(first)}${more}, by ${blockersText(first.blockedBy)}`;
  });
}
