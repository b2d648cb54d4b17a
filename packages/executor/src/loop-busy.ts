import { performance } from "node:perf_hooks";

/**
 * How long this process has had something to do so far, in milliseconds: all but the time in which it waited for
 * events. Time in which it waits for a processor counts, which its CPU time would not tell.
 */
export function loopBusyMs(): number {
  return performance.eventLoopUtilization().active;
}
