export type { DescribeObserverOptions, ObserverCase } from "./describe-observer.js";
export { describeObserver, observerConformance } from "./describe-observer.js";
export { failureOn, reportOf, runStart, serverError } from "./run-events.js";
