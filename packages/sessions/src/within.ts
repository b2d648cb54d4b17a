/** How often the time is looked at. */
const tickLengthMs = 250;

/**
 * Waits for a promise, but not longer than this. The promise goes on. Only time in which this
 * process is awake counts: while it is stopped, nobody can answer it.
 */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T | "late"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    let leftMs = ms;
    const tick = () => {
      if (leftMs <= 0) {
        return resolve("late");
      }
      const tickMs = Math.min(tickLengthMs, leftMs);
      leftMs -= tickMs;
      timer = setTimeout(tick, tickMs);
    };
    tick();
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
