import { PgMigError } from "@pg-mig/model";
import { isBug, type OpenCluster, type OpenNode, onEachNode, pause } from "@pg-mig/sessions";
import {
  type FingerprintRow,
  fingerprintTraceSql,
  isBegunBy2x,
  type SessionOf2x,
  sessionsOf2xSql,
  sessionText,
} from "./traces-of-2x.js";

/** A run of pg-mig 2.x that did not finish is looked for so long, so often: it has a session per file. */
const lookForMs = 3000;
const lookEveryMs = 100;
/** How often a run looks whether one of 2.x has begun meanwhile. */
const watchEveryMs = 2000;
/** More questions than these take time from the run. */
const nodesAtALook = 32;

/** By the name of a node: the writes of its fingerprint that are known, and no start of 2.x. */
export type KnownWrites = ReadonlyMap<string, string>;

export interface RefuseBeside2xOptions {
  readonly cluster: Pick<OpenCluster, "query">;
  readonly nodes: readonly OpenNode[];
  readonly signal: AbortSignal;
  readonly onNote: (message: string) => void;
}

/**
 * Refuses to begin while pg-mig 2.x works on a node. That takes no lock and works through the plan that
 * it made at its start, so that it would run again what this tool has run meanwhile.
 *
 * Where a run of 2.x has begun and did not finish, its sessions are looked for during 3 seconds. If
 * there are none, that run has ended, and a note says so.
 *
 * @throws PgMigError `BESIDE_2X`
 */
export async function refuseBeside2x(options: RefuseBeside2xOptions): Promise<KnownWrites> {
  const { cluster, nodes, signal, onNote } = options;
  const readTraces = () =>
    onEachNode(nodes, async (open) => {
      const [row] = (await cluster.query(open, fingerprintTraceSql)) as readonly FingerprintRow[];
      return { open, node: open.node, row };
    });
  const begunOf = (read: Awaited<ReturnType<typeof readTraces>>) =>
    read.filter(({ row }) => row !== undefined && isBegunBy2x(row));
  let traces = await readTraces();
  const begun = begunOf(traces);
  const deadlineMs = performance.now() + lookForMs;
  while (begun.length > 0) {
    const sessions = await onEachNode(begun, async ({ open, node }) => {
      const seen = (await cluster.query(open, sessionsOf2xSql)) as readonly SessionOf2x[];
      return { node, seen };
    });
    const working = sessions.flatMap(({ node, seen: [first] }) =>
      first === undefined ? [] : [{ node, session: first }],
    );
    const [one] = working;
    if (one !== undefined) {
      throw worksOn(one.node.label, one.session, working.length - 1);
    }
    if (performance.now() >= deadlineMs) {
      // It may have finished meanwhile.
      traces = await readTraces();
      const labels = begunOf(traces).map(({ node }) => node.label);
      if (labels.length > 0) {
        onNote(
          `The last run of pg-mig 2.x did not finish on ${labels.join(", ")}; it has no session there now.`,
        );
      }
      break;
    }
    await pause(lookEveryMs, signal);
    signal.throwIfAborted();
  }
  return new Map(traces.flatMap(({ node, row }) => (row ? [[node.name, row.xmin]] : [])));
}

export interface WatchFor2xOptions {
  readonly cluster: Pick<OpenCluster, "ask">;
  readonly nodes: readonly OpenNode[];
  readonly known: KnownWrites;
  /** Told once: the watch has stopped by then. */
  readonly onFound: (error: unknown) => void;
}

/**
 * Looks every 2 seconds whether a run of pg-mig 2.x has begun, over the connections of the run locks: at the next
 * 32 nodes, since such a run begins on all nodes at once. A node without a lock is not looked at. Gives what ends
 * the watch.
 */
export function watchFor2x({ cluster, nodes, known, onFound }: WatchFor2xOptions): () => void {
  const asking = new Set<string>();
  let next = 0;
  const timer = setInterval(() => {
    const first = next;
    next = first + nodesAtALook < nodes.length ? first + nodesAtALook : 0;
    for (const { node } of nodes.slice(first, first + nodesAtALook)) {
      if (!asking.has(node.name)) {
        asking.add(node.name);
        void look(node).finally(() => asking.delete(node.name));
      }
    }
  }, watchEveryMs);
  timer.unref();
  let ended = false;
  const end = () => {
    ended = true;
    clearInterval(timer);
  };
  const found = (error: unknown) => {
    if (!ended) {
      end();
      onFound(error);
    }
  };
  const look = async (node: OpenNode["node"]) => {
    try {
      const { rows } = await cluster.ask(node, fingerprintTraceSql);
      const [row] = rows as readonly FingerprintRow[];
      // After a failover an old row may be there again.
      if (row !== undefined && isBegunBy2x(row) && row.xmin !== known.get(node.name)) {
        found(beganOn(node.label));
      }
    } catch (error) {
      // A node that is away is waited for by those who need it.
      if (isBug(error)) {
        found(error);
      }
    }
  };
  return end;
}

const hint =
  "It takes no lock, so both would run the same versions: let it end, then run this again. If it is not at work, say so with the setting `beside2x`.";

function worksOn(node: string, session: SessionOf2x, more: number): PgMigError {
  const others = more === 0 ? "" : ` (and on ${more} more)`;
  const hidden =
    session.state === null
      ? " Your role does not see what that session does: GRANT pg_read_all_stats to it to be sure."
      : "";
  return new PgMigError(
    `pg-mig 2.x seems to be at work on ${node}${others}: ${sessionText(session)}.`,
    { code: "BESIDE_2X", hint: `${hint}${hidden}`, where: { node } },
  );
}

function beganOn(node: string): PgMigError {
  return new PgMigError(`A run of pg-mig 2.x began on ${node} while this one was at work.`, {
    code: "BESIDE_2X",
    hint: `${hint} What both have run is in its output, too: compare.`,
    where: { node },
  });
}
