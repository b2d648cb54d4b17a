/** How many steps were finished at a moment. */
interface Sample {
  readonly atMs: number;
  readonly finished: number;
}

/** What the rate of a run is judged by: a sample a second of the last seconds, and the first of all. */
export interface Pace {
  readonly first: Sample;
  readonly recent: readonly Sample[];
}

const sampleEveryMs = 1000;
const recentSamples = 16;
/** Fewer finished steps than this say little about the last seconds. */
const enoughSteps = 20;

/** The pace of work that starts now. */
export function startPace(nowMs: number): Pace {
  const first = { atMs: nowMs, finished: 0 };
  return { first, recent: [first] };
}

/**
 * The pace after a look at the number of finished steps. To be called often; a sample is taken once a
 * second, so that what is shown does not change more often than that.
 */
export function notePace(pace: Pace, finished: number, nowMs: number): Pace {
  const last = pace.recent.at(-1) ?? pace.first;
  return nowMs - last.atMs < sampleEveryMs
    ? pace
    : { ...pace, recent: [...pace.recent, { atMs: nowMs, finished }].slice(-recentSamples) };
}

/**
 * Steps per second over the last 15 seconds, or over the whole time if too few have ended lately;
 * undefined while there is nothing to measure.
 */
export function stepsPerSecond({ first, recent }: Pace): number | undefined {
  const [oldest = first] = recent;
  const last = recent.at(-1) ?? first;
  const from = last.finished - oldest.finished < enoughSteps ? first : oldest;
  const finished = last.finished - from.finished;
  return finished === 0 ? undefined : (finished * 1000) / (last.atMs - from.atMs);
}
