import { randomUUID } from "node:crypto";
import {
  beginJournalSql,
  endJournalSql,
  type JournalBeginning,
  type JournalEnding,
  type JournalState,
  journalRefusal,
  journalStateSql,
  parseJournalState,
} from "@pg-mig/ledger";
import type { Report, RunEvent } from "@pg-mig/report";
import { isBug, type OpenCluster, type OpenNode, onEachNode, within } from "@pg-mig/sessions";
import { journaledFailures } from "./journaled-failures.js";

/** The longest that a node may take for one message about the journal: a run never waits for it. */
const withinMs = 5000;

/** The row that a run has in `public.mig_journal` of each of its nodes. It never fails the run. */
export class RunJournal {
  readonly #cluster: Pick<OpenCluster, "query">;
  readonly #emit: (event: RunEvent) => void;
  readonly #id = randomUUID();
  /** The nodes that have the row, by name. */
  readonly #states = new Map<string, JournalState>();

  constructor(cluster: Pick<OpenCluster, "query">, emit: (event: RunEvent) => void) {
    this.#cluster = cluster;
    this.#emit = emit;
  }

  /** Writes the row on all nodes; those where that is not possible get a warning and no row. */
  async begin(nodes: readonly OpenNode[], run: Omit<JournalBeginning, "id">): Promise<void> {
    await this.#onEach(nodes, async (open) => {
      const state = parseJournalState(await this.#cluster.query(open, journalStateSql));
      await this.#send(open, beginJournalSql({ ...run, id: this.#id }, state));
      this.#states.set(open.node.name, { ...state, exists: true });
    });
  }

  /** Completes the row on those of the nodes that have it. Returns on how many that was not possible. */
  async end(nodes: readonly OpenNode[], report: Report, endedAt: string): Promise<number> {
    const { outcome } = report;
    const end: JournalEnding = {
      endedAt,
      outcome,
      counts: {
        planned: report.planned,
        done: report.done,
        alreadyDone: report.alreadyDone,
        failed: report.failed.length,
        inDoubt: report.inDoubt.length,
        notAttempted: report.notAttempted,
      },
      failures: journaledFailures(report),
    };
    const begun = nodes.filter(({ node }) => this.#states.has(node.name));
    return this.#onEach(begun, async (open) => {
      const state = this.#states.get(open.node.name);
      if (state !== undefined) {
        await this.#send(open, endJournalSql(this.#id, end, state));
      }
    });
  }

  async #send(open: OpenNode, statements: readonly string[]): Promise<void> {
    await this.#cluster.query(open, statements.join(";\n"));
  }

  async #onEach(
    nodes: readonly OpenNode[],
    write: (open: OpenNode) => Promise<void>,
  ): Promise<number> {
    const results = await onEachNode(nodes, async (open) => {
      const writing = write(open).catch((error: unknown) => {
        if (isBug(error)) {
          throw error;
        }
        return whyNot(error);
      });
      const reason = await within(withinMs, writing);
      if (reason === undefined) {
        return 0;
      }
      const why = reason === "late" ? `the server took longer than ${withinMs / 1000} s` : reason;
      const { label } = open.node;
      this.#emit({
        type: "warning",
        node: label,
        message: `The journal of the node is not written: ${why}.`,
      });
      return 1;
    });
    return results.reduce<number>((sum, failed) => sum + failed, 0);
  }
}

/** Why the journal of a node was not touched, in words without a full stop. */
export function whyNot(error: unknown): string {
  const { message, code } = error as { readonly message: string; readonly code?: string };
  return journalRefusal({ sqlState: code, message }) ?? message.replace(/\.$/, "");
}
