export {
  anyName,
  anyRun,
  failureOn,
  reportOf,
  runStart,
  serverError,
  shardNames,
} from "./run-events.js";
export type { SimulatedRunOptions, TimedEvent } from "./simulated-run.js";
export { simulateRun } from "./simulated-run.js";
