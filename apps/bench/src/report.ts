import {
  type FigureSummary,
  figures,
  type JudgedTarget,
  judge,
  ratio,
  summary,
} from "./figures.js";
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
  return [
    "",
    `${result.work.name}: ${result.work.about}`,
    sizeLine(result),
    ...alignedLines(grid(result)),
    ...leftOutLines(leftOut),
    ...judge(result).map((target) => `  ${targetCells(target).join(": ")}`),
  ];
}

/** The same in Markdown. `machine` says when and on what it was measured. Pure. */
export function markdownLines(result: WorkResult, leftOut: LeftOut, machine: string): string[] {
  const [head = [], ...rows] = grid(result);
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const targets = judge(result).map(targetCells);
  return [
    `### ${result.work.name}`,
    "",
    `${result.work.about[0]?.toUpperCase()}${result.work.about.slice(1)}. ${sizeLine(result)}; ${machine}.`,
    "",
    line(head),
    line(head.map((_, i) => (i === 0 ? "---" : "--:"))),
    ...rows.map(line),
    ...leftOutLines(leftOut).flatMap((text) => ["", text]),
    ...(targets.length === 0
      ? []
      : ["", line(["target", "measured", ""]), line(["---", "---", "---"])]),
    ...targets.map(line),
  ];
}

/** A head and a row for each contender. */
function grid(result: WorkResult): string[][] {
  const names = contenderNames(result);
  const columns: Column[] = [
    { title: "contender", cell: (name) => name },
    { title: "wall s (range)", cell: (name) => range(summary(result, name, "wall")) },
    ...figures.filter((figure) => figure !== "wall").map((figure) => figureColumn(result, figure)),
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
  return [
    shown.map(({ title }) => title),
    ...names.map((name) => shown.map(({ cell }) => cell(name))),
  ];
}

function leftOutLines(leftOut: LeftOut): string[] {
  return [...leftOut].map(([name, reason]) => `${name} is left out: ${reason}`);
}

/** The same for programs: medians, lowest and highest values, ratios of the targets. Pure. */
export function jsonResult(result: WorkResult, leftOut: LeftOut): unknown {
  const { work, size, servers, rounds } = result;
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
    targets: judge(result),
  };
}

/** In the order of the work. */
function contenderNames({ work, rounds }: WorkResult): string[] {
  const [runs = []] = rounds;
  const took = new Set(runs.map(({ contender }) => contender));
  return work.contenders.map(({ name }) => name).filter((name) => took.has(name));
}

function sizeLine({ size, servers, rounds }: WorkResult): string {
  const { nodes, shards, versions, parallelism, megabytes } = size;
  const file = megabytes === undefined ? "" : ` of ${megabytes} MB`;
  return [
    `${nodes} x ${plural(shards, "shard")} x ${plural(versions, "version")}${file} on ${servers}`,
    `${parallelism} at a time a node`,
    plural(rounds.length, "round"),
  ].join(", ");
}

/** What stands above the column of a figure, and how many digits it has. */
const columnForms: Readonly<Record<Figure, readonly [title: string, digits: number]>> = {
  wall: ["wall s", 3],
  "client CPU": ["CPU s", 3],
  "server CPU": ["server CPU s", 2],
  "peak memory": ["peak MB", 0],
  "backend memory": ["backend MB", 1],
  "round trips a version": ["trips/version", 2],
  "round trips a node": ["trips/node", 1],
  "connections a node": ["connections/node", 1],
};

function figureColumn(result: WorkResult, figure: Figure): Column {
  const [title, digits] = columnForms[figure];
  return { title, cell: (name) => decimal(summary(result, name, figure)?.median, digits) };
}

/** What is wanted, what was measured, and whether that is enough. */
function targetCells({ figure, of, against, atMost, measured }: JudgedTarget): string[] {
  const what = against === undefined ? `${figure} of ${of}` : `${figure}, ${of} / ${against}`;
  const digits = atMost < 1 ? 3 : 2;
  const wanted = `${what} at most ${decimal(atMost, digits)}`;
  return measured === undefined
    ? [wanted, "not measured"]
    : [wanted, decimal(measured, digits), measured <= atMost ? "reached" : "missed"];
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

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
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
