import type { JournalRow } from "@pg-mig/ledger";

/** A run that journals tell of. Without an ending on any node: it was killed, or goes on. Plain data. */
export interface JournaledRun extends JournalRow {
  /** The nodes whose journal is there and has no row of it. */
  readonly missingOn: readonly string[];
}

/** What the journal of one node tells. */
export interface NodeJournal {
  /** The node's label. */
  readonly node: string;
  readonly rows: readonly JournalRow[];
  /** Why it tells nothing, if so. */
  readonly reason?: string;
}

/**
 * Puts together the rows that the nodes have of each run, the latest run first. A run has ended if one of its
 * rows says so: a node that went away in its course was not told. Pure.
 */
export function mergeJournals(journals: readonly NodeJournal[]): readonly JournaledRun[] {
  const readable = journals.filter(({ reason }) => reason === undefined);
  const rows = new Map<string, JournalRow>();
  const nodesOf = new Map<string, Set<string>>();
  for (const { node, rows: ofNode } of readable) {
    for (const row of ofNode) {
      const known = rows.get(row.id);
      rows.set(row.id, known?.outcome === undefined ? row : known);
      const nodes = nodesOf.get(row.id) ?? new Set();
      nodesOf.set(row.id, nodes.add(node));
    }
  }
  return [...rows.values()]
    .sort((a, b) =>
      a.startedAt === b.startedAt ? (a.id < b.id ? -1 : 1) : a.startedAt > b.startedAt ? -1 : 1,
    )
    .map((row) => ({
      ...row,
      missingOn: readable.flatMap(({ node }) => (nodesOf.get(row.id)?.has(node) ? [] : [node])),
    }));
}
