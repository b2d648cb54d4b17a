import { type CurrentWave, formatSeconds } from "@pg-mig/report";
import { longestOnOneLine, shortened } from "./shortened.js";

/** Which wave a run is in, or what it waits for between two. */
export function waveText(
  { name, number, of, soaksUntilMs = 0, gate }: CurrentWave,
  nowMs: number,
): string {
  if (soaksUntilMs > nowMs) {
    return `wave ${name} soaks, ${formatSeconds(soaksUntilMs - nowMs)} left`;
  }
  if (gate !== undefined) {
    return `gate of wave ${name}: ${gate.answer}, ${shortened(gate.why, longestOnOneLine)}`;
  }
  return number === undefined ? `wave ${name} is done` : `wave ${name}, ${number} of ${of}`;
}
