export { anyName, anyRun } from "./any-run.js";
export { failureOn, reportOf, runStart, serverError, shardNames } from "./run-events.js";
export type { SimulatedRunOptions, TimedEvent } from "./simulated-run.js";
export { simulateRun } from "./simulated-run.js";
