import { type CurrentWave, formatSeconds } from "@pg-mig/report";

/** Which wave a run is in, or what it waits for between two. */
export function waveText({ name, number, of, soaksUntilMs }: CurrentWave, nowMs: number): string {
  if (soaksUntilMs !== undefined) {
    return `wave ${name} soaks, ${formatSeconds(Math.max(0, soaksUntilMs - nowMs))} left`;
  }
  return `wave ${name}, ${number} of ${of}`;
}
