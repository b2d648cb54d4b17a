import type { RunOnNodesOptions } from "@pg-mig/executor";
import { storeDigestSql, storeFingerprintSql } from "@pg-mig/ledger";
import type { OpenNode, SessionNode } from "@pg-mig/sessions";
import type { PreparedRun } from "./prepare-run.js";
import { currentFingerprint } from "./rerun-fingerprint.js";

/** Remembers on every node that a run is under way, and with it what the digest is meanwhile. */
export function markStarted(
  nodes: readonly OpenNode[],
  { kind }: Pick<PreparedRun, "kind">,
  options: RunOnNodesOptions,
): Promise<void> {
  const digest = kind.digestMeanwhile;
  return store(nodes, options, ({ ledger }) => [
    ...(ledger.fingerprint === "" ? [] : storeFingerprintSql("")),
    ...(digest === undefined ? [] : storeDigestSql(digest)),
  ]);
}

/**
 * Remembers on every node that the run is complete; `nodes` is how they are now. Stores nothing from the
 * moment on that `isAsRead` denies that.
 */
export function markFinished(
  nodes: readonly OpenNode[],
  { kind, files }: Pick<PreparedRun, "kind" | "files">,
  { isAsRead, ...options }: RunOnNodesOptions & { readonly isAsRead: () => boolean },
): Promise<void> {
  const digest = kind.digestAfter;
  const sqlFor = (open: OpenNode) => {
    const fingerprint = currentFingerprint(open, files);
    return [
      ...(open.ledger.fingerprint === fingerprint ? [] : storeFingerprintSql(fingerprint)),
      ...(open.ledger.digest === digest ? [] : storeDigestSql(digest)),
    ];
  };
  return store(nodes, options, sqlFor, isAsRead);
}

/** Runs the statements on the nodes that need any. */
async function store(
  nodes: readonly OpenNode[],
  options: RunOnNodesOptions,
  sqlFor: (open: OpenNode) => readonly string[],
  isAsRead = () => true,
): Promise<void> {
  const marks = new Map<SessionNode, readonly string[]>(
    nodes
      .map((open) => [open.node, sqlFor(open)] as const)
      .filter(([, statements]) => statements.length > 0),
  );
  if (marks.size === 0) {
    return;
  }
  const { runSqlOnNodes } = await import("./run-sql-on-nodes.js");
  const sql = (node: SessionNode) => (isAsRead() ? (marks.get(node) ?? []) : []);
  await runSqlOnNodes([...marks.keys()], sql, options);
}
