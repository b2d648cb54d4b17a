import type { NodeState, ShardState } from "./observation.js";
import type { TestVersion } from "./test-version.js";
import type { EndedRun } from "./tool-run.js";
import { reportOf } from "./tool-run.js";

/** What was seen of a scene: the cluster, and the runs that have worked on it so far. */
export interface Evidence {
  /** All on disk, in their order. */
  readonly versions: readonly TestVersion[];
  readonly nodes: readonly NodeState[];
  readonly runs: readonly EndedRun[];
  /** What no run may print. */
  readonly secrets?: readonly string[];
  /** Shards that the fault itself has ruined, as `label/shard`: nothing is expected of them. */
  readonly ruined?: ReadonlySet<string>;
  /**
   * Why what one run told need not be there any more, or be its own work: somebody else has changed
   * ledgers, too; a failover has lost some of it, while the run went on or after it had ended; its locks
   * were taken from a run while it slept.
   * @default it is there, and nobody else has worked
   */
  readonly alsoWrote?: "another-writer" | "lost-by-failover" | "lost-after-the-run" | "robbed-run";
}

/** Broken promises, as sentences. */
export type Invariant = (evidence: Evidence) => string[];

/** I1: a version's object is there if and only if the ledger has the version. */
export const objectsMatchLedgers: Invariant = (evidence) =>
  onShards(evidence, ({ objects, ledger = [] }) =>
    evidence.versions.flatMap(({ name, object, objectKind }) => {
      const [made, recorded] = [objects.includes(object), ledger.includes(name)];
      if (objectKind === "none") {
        return [];
      }
      if (recorded && !made) {
        return `has ${name} in its ledger, and no ${objectKind} ${object}`;
      }
      // What is built outside of a transaction is there before the ledger says so.
      if (made && !recorded && objectKind === "table") {
        return `has ${object}, and no ${name}`;
      }
      return [];
    }),
  );

/** I2: a version that is in the ledger has run once, another one not at all. */
export const ranExactlyOnce: Invariant = (evidence) =>
  onShards(evidence, ({ applied, ledger = [] }) =>
    evidence.versions
      .filter(({ counted }) => counted)
      .flatMap(({ name }) => {
        const deltas = applied.filter(({ version }) => version === name).map(({ delta }) => delta);
        const times = deltas.reduce((sum, delta) => sum + delta, 0);
        const expected = ledger.includes(name) ? 1 : 0;
        return times === expected
          ? []
          : `has run ${name} ${times} times (${deltas.join(" ")}) instead of ${expected}`;
      }),
  );

/** I3: a ledger is a beginning of the versions on disk. */
export const ledgersArePrefixes: Invariant = (evidence) =>
  onShards(evidence, ({ ledger = [] }) =>
    ledger.every((name, position) => name === evidence.versions[position]?.name)
      ? []
      : `has a ledger that is no beginning of the versions: ${ledger.join(" ")}`,
  );

/** I6, first half: nothing of a run that has ended is left on the servers. */
export const nothingLeftBehind: Invariant = ({ nodes }) =>
  nodes.flatMap(({ label, backends, advisoryLocks }) => [
    ...backends.map(({ pid, state }) => `${label} still has backend ${pid} (${state})`),
    ...(advisoryLocks === 0 ? [] : [`${label} still has ${advisoryLocks} advisory locks`]),
  ]);

/** I6, second half: an invalid index is there only where a run was killed or has told of it. */
export const invalidIndexesAreTold: Invariant = (evidence) => {
  const reports = evidence.runs.map(reportOf);
  if (reports.includes(undefined)) {
    return [];
  }
  const told = new Set(
    reports.flatMap((report) =>
      [...(report?.failed ?? []), ...(report?.inDoubt ?? []), ...(report?.abandoned ?? [])].map(
        ({ node, shard }) => `${node}/${shard}`,
      ),
    ),
  );
  return onShards(evidence, ({ shard, invalidIndexes }, { label }) =>
    told.has(`${label}/${shard}`)
      ? []
      : invalidIndexes.map((index) => `has an invalid index ${index} that no run has told of`),
  );
};

/** I7: what is committed to one shard was never under way at the same time. */
export const shardsAreWorkedOnAlone: Invariant = (evidence) =>
  onShards(evidence, ({ applied }) => {
    const inOrder = applied.toSorted((a, b) => a.beganUs - b.beganUs);
    return inOrder.flatMap((row, position) => {
      const before = inOrder[position - 1];
      return before !== undefined && row.beganUs < before.committedUs
        ? `ran ${row.version} before ${before.version} was committed`
        : [];
    });
  });

/**
 * I7, for the whole cluster, or the same part of it: no run has begun its work before another one was done with
 * its own.
 */
export function runsWorkAlone({ runs, alsoWrote }: Pick<Evidence, "runs" | "alsoWrote">): string[] {
  if (alsoWrote === "robbed-run") {
    return [];
  }
  const parts = new Set(runs.map(partOf));
  return [...parts].flatMap((part) => {
    const work = runs
      .flatMap((run) => (partOf(run) === part ? (run.work ?? []) : []))
      .toSorted((a, b) => a.fromMs - b.fromMs);
    return work.flatMap((later, position) => {
      const earlier = work[position - 1];
      return earlier !== undefined && later.fromMs < earlier.toMs
        ? ["two runs have worked on the cluster at once"]
        : [];
    });
  });
}

function partOf({ args }: Pick<EndedRun, "args">): string | undefined {
  return args.find((arg) => arg.startsWith("--part="));
}

/** I5, I9: all versions are in the ledgers of these nodes (of all, if none are named). */
export function isAtHead(evidence: Evidence, labels?: readonly string[]): string[] {
  return onShards(evidence, ({ ledger = [] }, { label }) =>
    (labels?.includes(label) ?? true) && ledger.length < evidence.versions.length
      ? `has ${ledger.length} of ${evidence.versions.length} versions`
      : [],
  );
}

/** I5: where a run was broken off, the next one ran before.sql and, behind all versions, after.sql. */
export function hooksWereRun({ nodes }: Evidence): string[] {
  return nodes.flatMap(({ label, hookRuns, shards }) => {
    const committed = shards.flatMap(({ applied }) => applied.map((row) => row.committedUs));
    const last = hookRuns.findLast(({ file }) => file === "after.sql")?.beganUs ?? 0;
    return [
      ...(hookRuns.some(({ file }) => file === "before.sql") ? [] : [`${label}: no before.sql`]),
      ...(last > Math.max(0, ...committed) ? [] : [`${label}: no after.sql after the versions`]),
    ];
  });
}

/** I5: a run with nothing to do has written nothing. */
export function nothingWritten(
  before: readonly NodeState[],
  after: readonly NodeState[],
): string[] {
  const stamps = (nodes: readonly NodeState[]) =>
    nodes.flatMap(({ label, digestStamp, shards }) => [
      `${label} ${digestStamp}`,
      ...shards.map(({ shard, ledgerStamp }) => `${label}/${shard} ${ledgerStamp}`),
    ]);
  const known = new Set(stamps(before));
  return stamps(after)
    .filter((stamp) => !known.has(stamp))
    .map((stamp) => `was written by a run with nothing to do: ${stamp}`);
}

/** What holds at every moment at which no run is under way. */
export const invariants: ReadonlyMap<string, Invariant> = new Map([
  ["I1", objectsMatchLedgers],
  ["I2", ranExactlyOnce],
  ["I3", ledgersArePrefixes],
  ["I6", (evidence) => [...nothingLeftBehind(evidence), ...invalidIndexesAreTold(evidence)]],
  ["I7", (evidence) => [...shardsAreWorkedOnAlone(evidence), ...runsWorkAlone(evidence)]],
]);

/** Asks something of every shard that the fault has left alone. */
export function onShards(
  { nodes, ruined }: Evidence,
  ask: (shard: ShardState, node: NodeState) => string | readonly string[],
): string[] {
  return nodes.flatMap((node) =>
    node.shards
      .filter(({ shard }) => ruined?.has(`${node.label}/${shard}`) !== true)
      .flatMap((shard) =>
        [ask(shard, node)].flat().map((problem) => `${node.label}/${shard.shard} ${problem}`),
      ),
  );
}
