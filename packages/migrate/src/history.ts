import {
  journalStateSql,
  parseJournalRows,
  parseJournalState,
  readJournalSql,
} from "@pg-mig/ledger";
import { isBug, type OpenCluster, type OpenNode, onEachNode } from "@pg-mig/sessions";
import { listVersions } from "./directory-actions.js";
import { type JournaledRun, mergeJournals, type NodeJournal } from "./journaled-runs.js";
import { readCluster } from "./read-cluster.js";
import { whyNot } from "./run-journal.js";
import type { ClusterOptions, NoteOptions } from "./run-options.js";

/** When a version was applied, as far as the ledgers know. */
export interface VersionHistory {
  readonly version: string;
  /** How many shards have it. */
  readonly shards: number;
  /** When it was first applied to one of them, in ISO 8601; missing: no ledger tells. */
  readonly firstAt?: string;
  /** When it was last applied to one. */
  readonly lastAt?: string;
  /** Of how many shards the ledger tells no time: another tool applied it there. */
  readonly withoutTime: number;
}

/** What the ledgers of a cluster know of the past. Plain data: it survives JSON. */
export interface ClusterHistory {
  /** `host:port/database` of each node. */
  readonly addresses: readonly string[];
  /** In the order of their names. A version that was undone everywhere is in no ledger. */
  readonly versions: readonly VersionHistory[];
  /** The latest runs that the journals of the nodes tell of, the latest first; missing: they were not asked. */
  readonly runs?: readonly JournaledRun[];
  /** The nodes whose journal tells nothing, and why. */
  readonly withoutJournal?: readonly { readonly node: string; readonly reason: string }[];
}

/** So many runs are read. */
const mostRuns = 1000;

/**
 * Reads from the ledgers when each version was applied, first and last, and to how many shards;
 * with `journal`, also the latest 1,000 runs from the journals of the nodes. Changes nothing, one query per node, and
 * two more for its journal.
 *
 * @throws PgMigError what `readMigrationDirectory`, `discoverNodes` and `connectNode` throw;
 * `CLUSTER_UNREACHABLE`, `NO_PRIMARY`, `LEDGER_UNREADABLE`, `VALID_SHARDS_FAILED`
 */
export async function history(
  options: ClusterOptions &
    NoteOptions & {
      /** Whether to read `public.mig_journal` of each node, too. @default false */
      readonly journal?: boolean | undefined;
    },
): Promise<ClusterHistory> {
  const versions = await listVersions(options.migrationDirectory);
  return readCluster(options, "list", versions, async (cluster) => {
    const entries = cluster.nodes.flatMap(({ shards }) =>
      shards.flatMap(({ ledger }) => ledger.entries),
    );
    return {
      addresses: cluster.nodes.map(({ node }) => node.name),
      versions: historyOf(entries),
      ...(options.journal === true ? await journaledRuns(cluster) : {}),
    };
  });
}

async function journaledRuns(
  cluster: OpenCluster,
): Promise<Pick<ClusterHistory, "runs" | "withoutJournal">> {
  const journals = await onEachNode(cluster.nodes, (open) => readJournal(cluster, open));
  return {
    runs: mergeJournals(journals).slice(0, mostRuns),
    withoutJournal: journals.flatMap(({ node, reason }) =>
      reason === undefined ? [] : [{ node, reason }],
    ),
  };
}

async function readJournal(cluster: OpenCluster, open: OpenNode): Promise<NodeJournal> {
  const node = open.node.label;
  try {
    const state = parseJournalState(await cluster.query(open, journalStateSql));
    if (!state.exists) {
      return { node, rows: [], reason: "there is none" };
    }
    const rows = await cluster.query(open, readJournalSql(mostRuns, state).join(";\n"));
    return { node, rows: parseJournalRows(rows) };
  } catch (error) {
    if (isBug(error)) {
      throw error;
    }
    return { node, rows: [], reason: whyNot(error) };
  }
}

/** Puts together what the ledgers of all shards say of each version. Pure. */
export function historyOf(
  entries: Iterable<{ readonly version: string; readonly appliedAt?: string | undefined }>,
): readonly VersionHistory[] {
  const known = new Map<string, VersionHistory>();
  for (const { version, appliedAt } of entries) {
    const before = known.get(version) ?? { version, shards: 0, withoutTime: 0 };
    known.set(version, {
      ...before,
      shards: before.shards + 1,
      ...(appliedAt === undefined
        ? { withoutTime: before.withoutTime + 1 }
        : {
            firstAt: earlier(before.firstAt, appliedAt),
            lastAt: later(before.lastAt, appliedAt),
          }),
    });
  }
  return [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function earlier(a: string | undefined, b: string): string {
  return a === undefined || b < a ? b : a;
}

function later(a: string | undefined, b: string): string {
  return a === undefined || b > a ? b : a;
}
