/** The exit statuses of the command: all that there are. */
export const exitStatus = {
  /** Done, or nothing to do. */
  done: 0,
  /** Anything that went wrong, from a bad option to a version that failed on one shard. */
  failed: 1,
  /** It was looked at, and the answer is no: shards differ, an undo does not restore, something is pending. */
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

/** What each status means, for the help and the manual. */
export const exitStatusTexts: readonly (readonly [status: string, means: string])[] = [
  ["0", "done, alike, or nothing to do"],
  ["1", "something went wrong, or output could not be written"],
  [
    "2",
    "it was looked at, and the answer is no: shards differ (drift), a version fails or its undo does not restore (rehearse), a shard fits no version (adopt), there is something to do (plan --check), something is pending, edited or unfinished, or does not fit (status --check)",
  ],
  ["3", "paused before the end, on purpose (--wave, --max-duration, --until)"],
  [
    "70",
    "a bug of pg-mig: what runs ends, nothing new starts, and the message says where to report it",
  ],
  ["129, 130, 143", "interrupted by SIGHUP (the terminal was closed), Ctrl-C, SIGTERM"],
];

/** Added to the number of the signal that ended a run, as shells do. */
export const signalStatus = 128;
