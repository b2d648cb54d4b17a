/** How often the time is looked at. */
const tickLengthMs = 250;

/**
 * Calls `action` after so many milliseconds in which this process was awake: while it is stopped, no
 * server can answer it, and what came meanwhile is read before the time is up. Returns what calls
 * it off.
 */
export function afterAwake(ms: number, action: () => void): () => void {
  let leftMs = ms;
  let timer: NodeJS.Timeout;
  const tick = () => {
    if (leftMs <= 0) {
      action();
      return;
    }
    const tickMs = Math.min(tickLengthMs, leftMs);
    leftMs -= tickMs;
    timer = setTimeout(tick, tickMs);
  };
  tick();
  return () => clearTimeout(timer);
}
