/** The exit statuses of the command: all that there are. */
export const exitStatus = {
  /** Done, or nothing to do. */
  done: 0,
  /** Anything that went wrong, from a bad option to a version that failed on one shard. */
  failed: 1,
  /** It was looked at, and the answer is no: shards differ. */
  answeredNo: 2,
  /** Paused before the end, on purpose. */
  paused: 3,
  /** A bug of the tool: please report it. */
  bug: 70,
  /** Interrupted since the terminal went away (128 + SIGHUP). */
  hungUp: 129,
  /** Interrupted by Ctrl-C (128 + SIGINT). */
  interrupted: 130,
  /** Interrupted by SIGTERM (128 + SIGTERM). */
  terminated: 143,
} as const;

/** Added to the number of the signal that ended a run, as shells do. */
export const signalStatus = 128;
