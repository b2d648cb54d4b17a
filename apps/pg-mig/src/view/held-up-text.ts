import { formatCount, placeOfWork, type RunModel } from "@pg-mig/report";
import { blockersText } from "./work-detail.js";

/** Which shards others hold up, by the oldest of them. Only for a run that has any. */
export function heldUpText({ heldUp }: Pick<RunModel, "heldUp">): string {
  const [first] = heldUp.values();
  if (first === undefined) {
    return "";
  }
  const more = heldUp.size === 1 ? "" : ` and ${formatCount(heldUp.size - 1)} more`;
  return `held up: ${placeOfWork(first)}${more}, by ${blockersText(first.blockedBy)}`;
}
