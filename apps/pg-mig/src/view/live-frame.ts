import type { RunModel } from "@pg-mig/report";
import { progressTable } from "./progress-table.js";
import { runHeader } from "./run-header.js";
import { slowSteps } from "./slow-steps.js";
import type { Line } from "./styled-line.js";

/** The room that a frame may take, and the time. */
export interface LiveFrameOptions {
  readonly columns: number;
  readonly rows: number;
  readonly nowMs: number;
}

/**
 * The live area at one moment, at most `rows` lines: what the run is about and how far it is, a row per
 * node and per version, and what is slow or in the way. What matters most comes first, and keeps its place.
 */
export function liveFrame(model: RunModel, { columns, rows, nowMs }: LiveFrameOptions): Line[] {
  const head = runHeader(model, columns, nowMs).slice(0, rows);
  const room = rows - head.length;
  const slow = slowSteps(model, { columns, nowMs, rows: Math.ceil(room / 2) });
  const tableRows = model.planned === 0 ? 0 : room - slow.length;
  return [...head, ...progressTable(model, { columns, rows: tableRows }), ...slow];
}
