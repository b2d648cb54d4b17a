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
export interface JudgedTarget extends Target {
  readonly of: string;
  readonly atMost: number;
  /** `undefined`: one of the two did not take part, or the system does not tell. */
  readonly measured: number | undefined;
}

type Read = (run: ContenderRun, result: WorkResult) => number | undefined;

/** In s or MB, or a number. */
const readers: Readonly<Record<Figure, Read>> = {
  wall: ({ client }) => client.ms / 1000,
  "client CPU": ({ client }) => client.cpuMs / 1000,
  "server CPU": ({ server }) => (server.cpuMs === undefined ? undefined : server.cpuMs / 1000),
  "peak memory": ({ client }) => client.peakMb,
  "backend memory": ({ server }) => server.backendMb,
  // The connection that holds the lock does other things, too: most tell what a version takes.
  "round trips a version": (run, { traffic }) =>
    known(
      median(
        (traffic.get(run.contender) ?? [])
          .filter(({ transactions }) => transactions > 0)
          .map(({ workingRoundTrips, transactions }) => workingRoundTrips / transactions),
      ),
    ),
  "round trips a node": ({ contender }, { traffic, size }) =>
    known(sum(traffic.get(contender)?.map(({ roundTrips }) => roundTrips)) / size.nodes),
  "connections a node": ({ contender }, { traffic, size }) =>
    known((traffic.get(contender)?.length ?? 0) / size.nodes),
};

function known(value: number): number | undefined {
  return value > 0 ? value : undefined;
}

function sum(values: readonly number[] = []): number {
  return values.reduce((total, value) => total + value, 0);
}

/** All there are, in the order in which they are shown. */
export const figures = Object.keys(readers) as Figure[];

/** `undefined`: nobody told. */
export function summary(
  result: WorkResult,
  contender: string,
  figure: Figure,
): FigureSummary | undefined {
  const values = result.rounds.flatMap((runs) => read(result, runs, { contender, figure }) ?? []);
  return values.length === 0
    ? undefined
    : { median: median(values), lowest: Math.min(...values), highest: Math.max(...values) };
}

/**
 * The median of the quotients of each round: contenders of one round ran side by side, on a machine
 * that may have been faster or slower in others. `undefined`: one of them has no such figure.
 */
export function ratio(
  result: WorkResult,
  figure: Figure,
  { of, against }: { readonly of: string; readonly against: string },
): number | undefined {
  const ratios = result.rounds.flatMap((runs) => {
    const value = read(result, runs, { contender: of, figure });
    const other = read(result, runs, { contender: against, figure });
    return value === undefined || other === undefined ? [] : [value / other];
  });
  return ratios.length === 0 ? undefined : median(ratios);
}

/** What was measured for each target of the work. */
export function judge(result: WorkResult): JudgedTarget[] {
  return result.work.targets.map((target) => {
    const { figure, of = "pg-mig", against } = target;
    const atMost = typeof target.atMost === "number" ? target.atMost : target.atMost(result.size);
    const measured =
      against === undefined
        ? summary(result, of, figure)?.median
        : ratio(result, figure, { of, against });
    return { ...target, of, atMost, measured };
  });
}

function read(
  result: WorkResult,
  runs: readonly ContenderRun[],
  { contender, figure }: { readonly contender: string; readonly figure: Figure },
): number | undefined {
  const run = runs.find((one) => one.contender === contender);
  return run === undefined ? undefined : readers[figure](run, result);
}
