import type { RunEvent } from "./run-event.js";

/**
 * Is told what happens in a run, and changes nothing of it. Stable: a change that breaks an observer is a major
 * release. New types of events and new fields come in minor ones; an observer passes over what it does not
 * know. `describeObserver` of `@pg-mig/report/observer-testing` tries whether it keeps this contract.
 */
export interface RunObserver {
  /** Names it in messages. */
  readonly name: string;
  /**
   * Is called for each event, in their order; the next one waits for the promise, if there is one. The event is
   * a copy. What is thrown is told once, and the next event comes all the same. An observer that takes the
   * time of the run, or whose promise does not settle within seconds, is told nothing more. After `run:done`
   * it has a few seconds to end.
   */
  onEvent(event: RunEvent): void | PromiseLike<void>;
}
