/** The longest time that timers take, in milliseconds: 24 days. */
export const longestTimerMs = 2 ** 31 - 1;

/**
 * The time that libpq's `connect_timeout` stands for, in milliseconds: 0 or less is no limit, and 1 is
 * taken for 2. Pure.
 */
export function connectTimeoutOf(seconds: number): number {
  return seconds <= 0
    ? Number.POSITIVE_INFINITY
    : Math.min(Math.max(seconds, 2) * 1000, longestTimerMs);
}
