import type { Scene } from "./scene.js";
import type { VersionKind } from "./test-version.js";
import { type EndedRun, reportOf } from "./tool-run.js";

/** What is not one transaction with its ledger entry. */
const outsideKinds: ReadonlySet<VersionKind> = new Set([
  "concurrent",
  "ends-transaction",
  "own-transactions",
]);

/**
 * What keeps a run from having come through a fault that passes. A version that is no transaction
 * may have failed: what it has done by halves is never run again by the same run.
 */
export function whyNotThrough(scene: Scene, run: EndedRun): string[] {
  const report = reportOf(run);
  if (report === undefined) {
    return [`the run did not come to its end: status ${run.status}, ${run.stderr.trim()}`];
  }
  const outside = new Set(
    scene.versions.filter(({ kind }) => outsideKinds.has(kind)).map(({ name }) => name),
  );
  const failed = report.failed
    .filter(({ version }) => !outside.has(version))
    .map(
      ({ node, shard, version, error }) =>
        `${version} failed on ${node}/${shard}: ${error.message}`,
    );
  const doubtful = report.inDoubt.map(
    ({ node, shard, version }) => `${version} is in doubt on ${node}/${shard}`,
  );
  const abandoned = report.abandoned.map(({ node, shard }) => `${node}/${shard} was abandoned`);
  const error = report.error === undefined ? [] : [`the run broke off: ${report.error.message}`];
  return [...failed, ...doubtful, ...abandoned, ...error];
}
