import { median } from "./measure.js";
import type { ContenderRun, WorkResult } from "./rounds.js";
import type { Figure, Target } from "./works/work.js";

/** What the rounds of one contender say of one figure. */
export interface FigureSummary {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** A target, and what was measured. */
export interface JudgedTarget {
  readonly target: Target;
  /** `undefined`: one of the two did not take part, or the system does not tell. */
  readonly measured: number | undefined;
}

const units: Readonly<Record<Figure, (run: ContenderRun) => number | undefined>> = {
  wall: ({ client }) => client.ms / 1000,
  "client CPU": ({ client }) => client.cpuMs / 1000,
  "server CPU": ({ server }) => (server.cpuMs === undefined ? undefined : server.cpuMs / 1000),
  "peak memory": ({ client }) => client.peakMb,
  "backend memory": ({ server }) => server.backendMb,
  "round trips": ({ roundTrips }) => roundTrips,
};

/** In s, MB, or round trips in all. `undefined`: nobody told. */
export function summary(
  { rounds }: WorkResult,
  contender: string,
  figure: Figure,
): FigureSummary | undefined {
  const values = rounds.flatMap((runs) => valueIn(runs, contender, figure) ?? []);
  return values.length === 0
    ? undefined
    : { median: median(values), lowest: Math.min(...values), highest: Math.max(...values) };
}

/**
 * The median of the quotients of each round: contenders of one round ran side by side, on a machine
 * that may have been faster or slower in others. `undefined`: one of them has no such figure.
 */
export function ratio(
  { rounds }: WorkResult,
  figure: Figure,
  { of, against }: { readonly of: string; readonly against: string },
): number | undefined {
  const ratios = rounds.flatMap((runs) => {
    const value = valueIn(runs, of, figure);
    const other = valueIn(runs, against, figure);
    return value === undefined || other === undefined ? [] : [value / other];
  });
  return ratios.length === 0 ? undefined : median(ratios);
}

/** What was measured for each target of the work. */
export function judge(result: WorkResult): JudgedTarget[] {
  return result.work.targets.map((target) => {
    const { figure, of = "pg-mig", against } = target;
    const measured =
      against === undefined
        ? summary(result, of, figure)?.median
        : ratio(result, figure, { of, against });
    return { target, measured };
  });
}

function valueIn(
  runs: readonly ContenderRun[],
  contender: string,
  figure: Figure,
): number | undefined {
  const run = runs.find((one) => one.contender === contender);
  return run === undefined ? undefined : units[figure](run);
}
