import type { ErrorInfo } from "../error-info.js";
import type { Report, StepFailure } from "../report.js";
import type { RunEvent } from "../run-event.js";

/** `sh0000`, `sh0001` … */
export function shardNames(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `sh${String(from + index).padStart(4, "0")}`);
}

/** The first event of a run that has `steps` steps of one version, one per shard, spread over the nodes. */
export function runStart(
  nodes: readonly string[],
  steps: number,
  version = "20240102.add.sh",
): RunEvent {
  const share = Math.floor(steps / nodes.length);
  return {
    type: "run:start",
    action: "apply",
    nodes,
    addresses: nodes.map((node) => `${node}:5432/app`),
    shards: steps,
    chains: steps,
    steps,
    stepsByNode: nodes.map((node, index) => ({
      node,
      steps: index === 0 ? steps - share * (nodes.length - 1) : share,
    })),
    stepsByVersion: [{ version, steps }],
  };
}

/** An error as a server reports it for a statement of a file. */
export function serverError(message: string, more: Partial<ErrorInfo> = {}): ErrorInfo {
  return {
    code: "SCRIPT_FAILED",
    message,
    where: { file: "migrations/20240102.add.sh.up.sql", line: 3, column: 8 },
    excerpt: "CREATE TABEL orders();\n       ^",
    server: { sqlState: "42601", message },
    ...more,
  };
}

/** A failed step; its message names the shard, as those of PostgreSQL do. */
export function failureOn(
  node: string,
  shard: string,
  more: Partial<StepFailure> = {},
): StepFailure {
  return {
    node,
    shard,
    version: "20240102.add.sh",
    error: serverError(`relation "${shard}.orders" does not exist`),
    notAttempted: [],
    ...more,
  };
}

/** The report of a run that did nothing, changed by `more`. */
export function reportOf(more: Partial<Report>): Report {
  return {
    action: "apply",
    startedAt: "2026-01-12T10:20:30.000Z",
    origin: {},
    addresses: [],
    outcome: "done",
    durationMs: 1234,
    planned: 0,
    done: 0,
    alreadyDone: 0,
    failed: [],
    inDoubt: [],
    notAttempted: 0,
    abandoned: [],
    lostNodes: [],
    hookFailures: [],
    warnings: [],
    doneByVersion: [],
    durationsByVersion: [],
    durationsByNode: [],
    slowest: [],
    timeLine: { everyMs: 1000, done: [], failed: [] },
    latest: [],
    edited: [],
    ...more,
  };
}
