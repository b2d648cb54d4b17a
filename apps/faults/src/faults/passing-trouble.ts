import { whyNotThrough } from "../expectations.js";
import type { Fault, Injected } from "../fault.js";
import type { Random } from "../random.js";
import type { ScenePlace } from "../scene.js";

/** About how long a run takes without faults; a moment within it is drawn. */
export const usualRunMs = 500;

/** About how long its versions take. */
export const usualWorkMs = 120;

export interface PassingTrouble extends Pick<Fault, "name" | "row" | "weight"> {
  /** Makes the trouble on one node, and ends it. Tells whether it has found anything to trouble. */
  readonly trouble: (place: ScenePlace, random: Random) => Promise<Injected["outcome"]>;
}

/**
 * Something that happens to one node while versions are run, and passes: the run must come through,
 * and the other node not even notice.
 */
export function passingTrouble({ trouble, ...fault }: PassingTrouble): Fault {
  return {
    ...fault,
    async inject(scene, random) {
      const { place, others } = scene.drawPlace(random);
      const run = scene.start();
      const isAtWork = await run.isAtWorkFor(random.integer(0, usualWorkMs));
      const outcome = await trouble(place, random);
      const ended = await run.ended;
      return {
        outcome: isAtWork ? outcome : "missed",
        runs: [ended],
        problems: whyNotThrough(scene, ended),
        spared: others.map(({ label }) => label),
      };
    },
  };
}
