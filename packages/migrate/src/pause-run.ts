import {
  askForPauseSql,
  parseRunLockHolder,
  pauseHearerSql,
  type RunLockHolder,
  runLockHolderSql,
} from "@pg-mig/ledger";
import { PgMigError } from "@pg-mig/model";
import { holderText, type OpenNode, openCluster, pause } from "@pg-mig/sessions";
import type { ClusterOptions, NoteOptions } from "./run-options.js";

export interface PauseRunOptions extends ClusterOptions, NoteOptions {
  /** How long a run has to answer, in milliseconds. @default 30000 */
  readonly answerWithinMs?: number | undefined;
}

/** What became of asking for a pause. Plain data: it survives JSON. */
export interface PauseReport {
  /** `no-run`: no node has a run that could be asked. */
  readonly outcome: "asked" | "no-run";
  readonly runs: readonly {
    /** The node's label. */
    readonly node: string;
    /** Who holds the run lock there. */
    readonly holder: string;
    /** `heard`: it ends as soon as what it is doing is done; `ended`: it has ended meanwhile. */
    readonly answer: "heard" | "ended";
  }[];
}

interface AskedRun {
  readonly open: OpenNode;
  readonly holder: RunLockHolder;
}

/** A run looks for wishes every five seconds. */
const lookEveryMs = 500;

/**
 * Asks the runs that have the run locks of the nodes to pause: what they are doing goes on to its end, and
 * nothing new starts. Resolves when each has heard it, or has ended. Nothing is remembered: who asks
 * before a run begins, or stops asking before it has heard, has asked nobody.
 *
 * A run obeys a role that is a member of its own, or a superuser.
 *
 * @throws PgMigError `PAUSE_UNHEARD` if a run does not answer in time; what `discoverNodes` and `connectNode` throw;
 * the reason of the signal
 */
export async function pauseRun(options: PauseRunOptions): Promise<PauseReport> {
  const { onNote = () => {}, signal = new AbortController().signal } = options;
  const cluster = await openCluster({ ...options, action: "pause", signal, onNote });
  const holderOn = async (open: OpenNode) =>
    parseRunLockHolder(await cluster.query(open, runLockHolderSql));
  try {
    const holders = await Promise.all(
      cluster.nodes.map(async (open) => ({ open, holder: await holderOn(open) })),
    );
    const asked = holders.flatMap(({ open, holder }): AskedRun[] =>
      holder === undefined ? [] : [{ open, holder }],
    );
    const { answerWithinMs = 30_000 } = options;
    const deadlineMs = performance.now() + answerWithinMs;
    const runs = await Promise.all(
      asked.map(async ({ open, holder }) => {
        const node = open.node.label;
        let isAsked = false;
        for (;;) {
          // Whoever holds the lock for themselves alone keeps others from asking.
          if (!isAsked) {
            const [row] = (await cluster.query(open, askForPauseSql)) as { asked: boolean }[];
            isAsked = row?.asked === true;
          }
          const now = await holderOn(open);
          if (now?.serverPid !== holder.serverPid) {
            return { node, holder: holderText(holder), answer: "ended" } as const;
          }
          const hearers = (await cluster.query(open, pauseHearerSql)) as { pid: number }[];
          if (hearers.some(({ pid }) => pid === holder.serverPid)) {
            return { node, holder: holderText(holder), answer: "heard" } as const;
          }
          if (performance.now() >= deadlineMs) {
            throw unheard(node, holder, answerWithinMs);
          }
          await pause(lookEveryMs, signal);
          signal.throwIfAborted();
        }
      }),
    );
    return { outcome: runs.length === 0 ? "no-run" : "asked", runs };
  } finally {
    await cluster.close();
  }
}

function unheard(node: string, holder: RunLockHolder, answerWithinMs: number): PgMigError {
  return new PgMigError(
    `The run on ${node} has not answered within ${answerWithinMs / 1000} s: ${holderText(holder)}.`,
    {
      code: "PAUSE_UNHEARD",
      hint: `It goes on. It obeys its own role, members of that and superusers; others may not pause it. \`adopt\` and older versions cannot be paused.`,
      where: { node },
    },
  );
}
