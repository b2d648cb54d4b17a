export {
  anyName,
  anyRun,
  failureOn,
  reportOf,
  runStart,
  serverError,
  shardNames,
} from "./run-events.js";
