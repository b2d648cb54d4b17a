import { type FigureSummary, type JudgedTarget, judge, ratio, summary } from "./figures.js";
import type { WorkResult } from "./rounds.js";
import type { Figure } from "./works/work.js";

/** Why contenders did not take part, by name. */
export type LeftOut = ReadonlyMap<string, string>;

/** One column of the table. */
interface Column {
  readonly title: string;
  readonly cell: (contender: string) => string;
}

/** The result of a work as lines for people. Pure. */
export function tableLines(result: WorkResult, leftOut: LeftOut): string[] {
  const names = contenderNames(result);
  const columns: Column[] = [
    { title: "contender", cell: (name) => name },
    { title: "wall s (range)", cell: (name) => range(summary(result, name, "wall")) },
    figureColumn(result, "client CPU", 3),
    figureColumn(result, "server CPU", 2),
    figureColumn(result, "peak memory", 0),
    figureColumn(result, "backend memory", 1),
    figureColumn(result, "round trips", 2),
    ...["raw", "plain"]
      .filter((name) => names.includes(name))
      .map((against) => {
        return {
          title: `wall / ${against}`,
          cell: (of: string) => decimal(ratio(result, "wall", { of, against }), 2),
        };
      }),
  ];
  const shown = columns.filter(({ cell }) => names.some((name) => cell(name) !== ""));
  const head = shown.map(({ title }) => title);
  return [
    "",
    titleOf(result),
    ...alignedLines([head, ...names.map((name) => shown.map(({ cell }) => cell(name)))]),
    ...[...leftOut].map(([name, reason]) => `${name} is left out: ${reason}`),
    ...judge(result).map(targetLine),
  ];
}

/** The same for programs: medians, lowest and highest values, ratios of the targets. Pure. */
export function jsonResult(result: WorkResult, leftOut: LeftOut): unknown {
  const { work, size, servers, rounds } = result;
  const figures: Figure[] = [
    "wall",
    "client CPU",
    "server CPU",
    "peak memory",
    "backend memory",
    "round trips",
  ];
  return {
    work: work.name,
    size,
    servers,
    rounds: rounds.length,
    contenders: Object.fromEntries(
      contenderNames(result).map((name) => [
        name,
        Object.fromEntries(figures.map((figure) => [figure, summary(result, name, figure)])),
      ]),
    ),
    leftOut: Object.fromEntries(leftOut),
    targets: judge(result).map(({ target, measured }) => ({ ...target, measured })),
  };
}

/** In the order of the work. */
function contenderNames({ work, rounds }: WorkResult): string[] {
  const [runs = []] = rounds;
  const took = new Set(runs.map(({ contender }) => contender));
  return work.contenders.map(({ name }) => name).filter((name) => took.has(name));
}

function titleOf({ work, size, servers, rounds }: WorkResult): string {
  const { nodes, shards, versions, parallelism } = size;
  const what = `${nodes} x ${shards} shards x ${versions} versions on ${servers}`;
  const times = rounds.length === 1 ? "1 round" : `${rounds.length} rounds`;
  return `${work.name}: ${work.about}; ${what}, ${parallelism} at a time a node, ${times}`;
}

function figureColumn(result: WorkResult, figure: Figure, digits: number): Column {
  const unit = figure.endsWith("CPU") ? " s" : figure.endsWith("memory") ? " MB" : "";
  return {
    title: `${figure}${unit}`,
    cell: (name) => decimal(summary(result, name, figure)?.median, digits),
  };
}

function targetLine({ target, measured }: JudgedTarget): string {
  const { figure, of = "pg-mig", against, atMost } = target;
  const what = against === undefined ? `${of}: ${figure}` : `${figure}: ${of} / ${against}`;
  const limit = `at most ${decimal(atMost, 2)}`;
  if (measured === undefined) {
    return `  ${what}: not measured (${limit})`;
  }
  return `  ${what}: ${decimal(measured, 2)} (${limit}): ${measured <= atMost ? "reached" : "missed"}`;
}

function range(values: FigureSummary | undefined): string {
  if (values === undefined) {
    return "";
  }
  const [middle, lowest, highest] = [values.median, values.lowest, values.highest].map((value) =>
    decimal(value, 3),
  );
  return `${middle} (${lowest} to ${highest})`;
}

function decimal(value: number | undefined, digits: number): string {
  return value === undefined ? "" : value.toFixed(digits);
}

/** The first column to the left, the others to the right. */
function alignedLines(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  "),
  );
}
