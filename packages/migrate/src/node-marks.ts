import type { RunOnNodesOptions } from "@pg-mig/executor";
import { storeDigestSql, storeFingerprintSql } from "@pg-mig/ledger";
import type { OpenNode, SessionNode } from "@pg-mig/sessions";
import { currentFingerprint, type PreparedRun } from "./prepare-run.js";

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
 * moment on that this is not known any more.
 */
export function markFinished(
  nodes: readonly OpenNode[],
  { kind, files }: Pick<PreparedRun, "kind" | "files">,
  { isAsRead, ...options }: RunOnNodesOptions & { readonly isAsRead: () => boolean },
): Promise<void> {
  const digest = kind.digestAfter;
  return store(nodes, { ...options, mayStore: isAsRead }, (open) => {
    const fingerprint = currentFingerprint(open, files);
    return [
      ...(open.ledger.fingerprint === fingerprint ? [] : storeFingerprintSql(fingerprint)),
      ...(open.ledger.digest === digest ? [] : storeDigestSql(digest)),
    ];
  });
}

/** Runs the statements on the nodes that need any. */
async function store(
  nodes: readonly OpenNode[],
  { mayStore = () => true, ...options }: RunOnNodesOptions & { readonly mayStore?: () => boolean },
  sqlFor: (open: OpenNode) => readonly string[],
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
  const sql = (node: SessionNode) => (mayStore() ? (marks.get(node) ?? []) : []);
  await runSqlOnNodes([...marks.keys()], sql, options);
}
