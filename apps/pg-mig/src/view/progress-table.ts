import { formatCount, formatDuration, type RunModel, type StepCounts } from "@pg-mig/report";
import { fitToWidth, padToWidth, widestOf } from "./display-width.js";
import { bar } from "./run-header.js";
import type { Line, Span } from "./styled-line.js";

/** A node or a version, and what became of its steps. */
interface Row extends Readonly<StepCounts> {
  readonly name: string;
  /** How many of its steps run now. */
  readonly busy: number;
  /** What else is to be said, from the right word on: a name that is away, or how long a step takes. */
  readonly note: string;
  /** If there is no room for all, rows with failures are shown, then those with the lowest rank. */
  readonly rank: number;
}

const barWidth = 12;
const narrowestName = 8;
const gap = "  ";

/**
 * A row per node and a row per version, with counts in columns that keep their place, at most `rows` in all.
 * If there is no room for all of them: those with failures, the slowest nodes, the versions at work, and the
 * rest as one row.
 */
export function progressTable(
  model: RunModel,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): Line[] {
  const nodes = nodeRows(model);
  const versions = versionRows(model);
  const forVersions = Math.min(versions.length, Math.floor(rows / 2));
  const forNodes = Math.min(nodes.length, rows - forVersions);
  const shown = [
    ...fitting(nodes, forNodes, "node"),
    ...fitting(versions, Math.min(versions.length, rows - forNodes), "version"),
  ];
  return tableLines(shown, columns);
}

function nodeRows(model: RunModel): Row[] {
  return [...model.nodes].map(([name, counts]) => {
    const away = model.away.has(name);
    const isDone = isThrough(counts);
    const part = counts.planned === 0 ? 1 : ended(counts) / counts.planned;
    const busy = model.slots.get(name)?.filter((slot) => slot !== undefined).length ?? 0;
    return {
      ...counts,
      name,
      busy: away ? 0 : busy,
      note: away ? "away" : "",
      // In steps of a twentieth: rows must not change places at each look.
      rank: away ? -1 : isDone ? 99 : Math.floor(part * 20),
    };
  });
}

function versionRows(model: RunModel): Row[] {
  const busy = new Map<string, number>();
  for (const slots of model.slots.values()) {
    for (const slot of slots) {
      if (slot !== undefined) {
        busy.set(slot.what, (busy.get(slot.what) ?? 0) + 1);
      }
    }
  }
  return [...model.versions].map(([name, counts]) => {
    const meanMs = model.meanMsOf(name);
    const atWork = busy.get(name) ?? 0;
    return {
      ...counts,
      name,
      busy: atWork,
      note: meanMs === undefined ? "" : `${formatDuration(meanMs)} each`,
      rank: atWork > 0 ? 0 : isThrough(counts) ? 2 : 1,
    };
  });
}

function ended({ finished, failed, givenUp }: Readonly<StepCounts>): number {
  return finished + failed + givenUp;
}

function isThrough(counts: Readonly<StepCounts>): boolean {
  return ended(counts) >= counts.planned;
}

/** At most `limit` rows in their order; what does not fit is summed up in the last. */
function fitting(rows: readonly Row[], limit: number, noun: "node" | "version"): readonly Row[] {
  if (rows.length <= limit) {
    return rows;
  }
  if (limit < 1) {
    return [];
  }
  const kept = new Set(
    rows
      .toSorted((a, b) => Number(b.failed > 0) - Number(a.failed > 0) || a.rank - b.rank)
      .slice(0, limit - 1),
  );
  const rest = rows.filter((row) => !kept.has(row));
  const sum = (what: keyof StepCounts | "busy") =>
    rest.reduce((total, row) => total + row[what], 0);
  return [
    ...rows.filter((row) => kept.has(row)),
    {
      name: `${kept.size === 0 ? "" : "… "}${formatCount(rest.length)} ${noun}s`,
      planned: sum("planned"),
      finished: sum("finished"),
      failed: sum("failed"),
      givenUp: sum("givenUp"),
      busy: sum("busy"),
      note: "",
      rank: 0,
    },
  ];
}

/** What stands in a row after its name, the most important first: what does not fit in any row is left out of all. */
const cells: readonly {
  readonly text: (row: Row) => string;
  readonly tone?: Span["tone"];
  readonly align: "left" | "right";
  /** The widest text that there will be: it keeps its place. @default the widest that there is */
  readonly widest?: (row: Row) => string;
}[] = [
  {
    text: ({ finished, planned }) => `${formatCount(finished)}/${formatCount(planned)}`,
    align: "right",
    widest: ({ planned }) => `${formatCount(planned)}/${formatCount(planned)}`,
  },
  {
    text: ({ failed }) => (failed === 0 ? "" : `${formatCount(failed)} failed`),
    tone: "bad",
    align: "right",
  },
  { text: percent, align: "right", widest: () => "100%" },
  { text: ({ busy }) => (busy === 0 ? "" : `${formatCount(busy)} at work`), align: "right" },
  { text: ({ note }) => note, tone: "quiet", align: "left" },
];

function percent(row: Row): string {
  return row.planned === 0 ? "" : `${Math.floor((row.finished / row.planned) * 100)}%`;
}

function tableLines(rows: readonly Row[], columns: number): Line[] {
  const longestName = widestOf(rows.map(({ name }) => name));
  const widths = cells.map(({ text, widest = text }) => widestOf(rows.map(widest)));
  // The name may take what the count and the failures leave, the other cells what all of them leave.
  const reserved = widths
    .slice(0, 2)
    .reduce((sum, width) => sum + (width === 0 ? 0 : width + gap.length), 0);
  const nameWidth = Math.min(longestName, Math.max(narrowestName, columns - gap.length - reserved));
  let left = columns - gap.length - nameWidth;
  const fits = widths.map((width, index) => {
    const needed = width === 0 ? 0 : width + gap.length;
    const does = width > 0 && (index === 0 || needed <= left);
    left -= does ? needed : 0;
    return does;
  });
  const hasBar = left >= barWidth + gap.length + 2;
  return rows.map((row): Line => {
    const spans: Span[] = [{ text: `${gap}${fitToWidth(row.name, nameWidth)}` }];
    cells.forEach((cell, index) => {
      if (fits[index]) {
        const text = cell.text(row);
        const width = widths[index] ?? 0;
        const padded = cell.align === "right" ? text.padStart(width) : padToWidth(text, width);
        spans.push({ text: `${gap}${padded}`, tone: cell.tone });
      }
      if (index === 0 && hasBar) {
        spans.push(
          { text: gap },
          ...bar(row.planned === 0 ? 1 : row.finished / row.planned, barWidth),
        );
      }
    });
    return withoutEnd(spans);
  });
}

/** Without blanks at the end. */
function withoutEnd(spans: readonly Span[]): Line {
  const last = spans.findLastIndex(({ text }) => text.trim() !== "");
  return spans
    .slice(0, last + 1)
    .map((span, index) => (index === last ? { ...span, text: span.text.trimEnd() } : span));
}
