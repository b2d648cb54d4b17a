/** `1 shard`, `1,200 shards`. */
export function countOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A whole number with commas between the thousands, wherever the program runs. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** How long something took: `340 ms`, `1.2 s`, `12 s`, `2 min 05 s`, `1 h 02 min`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 999.5) {
    return `${Math.round(durationMs)} ms`;
  }
  return durationMs < 9950 ? `${(durationMs / 1000).toFixed(1)} s` : formatSeconds(durationMs);
}

/** A time in whole seconds, the last one full: `0 s`, `12 s`, `2 min 05 s`. */
export function formatSeconds(durationMs: number): string {
  const seconds = Math.floor(durationMs / 1000);
  if (seconds < 60) {
    return `${seconds} s`;
  }
  if (seconds < 3600) {
    return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`;
  }
  return `${Math.floor(seconds / 3600)} h ${twoDigits(Math.floor((seconds % 3600) / 60))} min`;
}

/** A rate with as many digits as say something: `0.4`, `7.5`, `210`. */
export function formatRate(perSecond: number): string {
  return perSecond < 10 ? perSecond.toFixed(1) : formatCount(Math.round(perSecond));
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
