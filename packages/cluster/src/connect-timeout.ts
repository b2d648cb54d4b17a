/** The longest time that timers take: 24 days. */
const longestMs = 2 ** 31 - 1;

/**
 * Reads libpq's `connect_timeout`, whole seconds: 0 or less is no limit, and 1 is taken for 2. Pure.
 *
 * @returns milliseconds; `undefined` for an empty text
 */
export function readConnectTimeout(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === "") {
    return undefined;
  }
  const seconds = Number(text);
  return seconds <= 0 ? Number.POSITIVE_INFINITY : Math.min(Math.max(seconds, 2) * 1000, longestMs);
}
