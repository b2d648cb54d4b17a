import { type RunProgress, RunReducer } from "@pg-mig/report";
import type { Clock, RunView } from "./run-view.js";

/** A view whose events are counted before it takes them, as those of a run are. */
export function countedView(clock: Clock, makeView: (progress: RunProgress) => RunView): RunView {
  const counted = new RunReducer(clock.now());
  const view = makeView(counted);
  return {
    ...view,
    handle: (event) => {
      counted.add(event, clock.now());
      view.handle(event);
    },
  };
}
