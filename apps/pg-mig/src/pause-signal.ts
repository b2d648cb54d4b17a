import type { Settings } from "@pg-mig/config";
import { formatDuration } from "@pg-mig/report";

type PauseSettings = Pick<Settings, "maxDurationMs" | "until">;

/** A signal that aborts when the settings say that a run pauses, with the reason. It keeps no process alive. */
export function pauseSignal(settings: PauseSettings, now: Date): AbortSignal | undefined {
  const next = nextPause(settings, now);
  if (next === undefined) {
    return undefined;
  }
  const controller = new AbortController();
  setTimeout(() => controller.abort(next.reason), next.inMs).unref();
  return controller.signal;
}

/** When a run that starts now pauses, and why; `undefined`: never. Pure, but for the time zone. */
export function nextPause(
  { maxDurationMs, until }: PauseSettings,
  now: Date,
): { readonly inMs: number; readonly reason: string } | undefined {
  const ends = [
    ...(maxDurationMs === undefined
      ? []
      : [
          {
            inMs: maxDurationMs,
            reason: `The run has taken ${formatDuration(maxDurationMs)} (the setting \`maxDurationMs\`).`,
          },
        ]),
    ...(until === undefined
      ? []
      : [
          {
            inMs: nextTimeOfDay(until, now).getTime() - now.getTime(),
            reason: `It is ${until} (the setting \`until\`).`,
          },
        ]),
  ];
  return ends.sort((a, b) => a.inMs - b.inMs)[0];
}

/** The next moment at which a clock here shows this time: today's, or else tomorrow's. */
function nextTimeOfDay(time: string, now: Date): Date {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  const next = new Date(now);
  next.setHours(hours, minutes, 0, 0);
  if (next <= now) {
    next.setDate(next.getDate() + 1);
  }
  return next;
}
