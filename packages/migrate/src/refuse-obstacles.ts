import { PgMigError } from "@pg-mig/model";
import { type OpenCluster, type OpenNode, type OpenShard, onEachNode } from "@pg-mig/sessions";
import { type Obstacle, obstacleProblems, obstaclesSql, type ToStore } from "./node-obstacles.js";
import type { PreparedRun, RunPlan } from "./prepare-run.js";
import { currentFingerprint } from "./rerun-fingerprint.js";
import { shardsByNode } from "./shards-by-node.js";

/**
 * Asks each node that a run changes, in one query, whether it lets the run store its state there:
 * ledgers, digest, fingerprint. Asks nobody if nothing is to be changed.
 *
 * @throws PgMigError `NODE_NOT_WRITABLE` with all obstacles on all nodes
 */
export async function refuseObstacles(
  run: Pick<PreparedRun, "cluster" | "kind" | "files">,
  plan: RunPlan,
): Promise<void> {
  if (plan.changesNodes) {
    const chains = shardsByNode(plan.chains);
    await refuseUnwritable(run.cluster, plan.nodes, (open) => {
      const shards = (chains.get(open.node) ?? []).map(({ shard }) => shard);
      return toStoreOn(open, shards, run, plan);
    });
  }
}

/**
 * Asks each node whether it lets something be stored there. `wanted` says what; a node for which it gives
 * `undefined` is not asked.
 *
 * @throws PgMigError `NODE_NOT_WRITABLE` with all obstacles on all nodes
 */
export async function refuseUnwritable(
  cluster: OpenCluster,
  nodes: readonly OpenNode[],
  wanted: (open: OpenNode) => ToStore | undefined,
): Promise<void> {
  const asked = nodes.flatMap((open) => {
    const toStore = wanted(open);
    return toStore === undefined ? [] : [{ open, node: open.node, toStore }];
  });
  const found = await onEachNode(asked, async ({ open, node, toStore }) => {
    const rows = await cluster.query(open, obstaclesSql(toStore));
    return obstacleProblems(node.label, rows as readonly Obstacle[]);
  });
  const problems = found.flat();
  const [first] = problems;
  if (first === undefined) {
    return;
  }
  const code = "NODE_NOT_WRITABLE";
  if (problems.length === 1) {
    throw new PgMigError(first.message, { code, hint: first.hint, where: first.where });
  }
  throw new PgMigError("A run could not store its state; nothing was changed.", { code, problems });
}

/** What the run stores on a node whose `shards` get versions; `undefined`: nothing. */
function toStoreOn(
  open: OpenNode,
  shards: readonly OpenShard[],
  { kind, files }: Pick<PreparedRun, "kind" | "files">,
  { hasWork, isWhole }: Pick<RunPlan, "hasWork" | "isWhole">,
): ToStore | undefined {
  const { digest, fingerprint } = open.ledger;
  const storesFingerprint = hasWork || fingerprint !== currentFingerprint(open, files);
  const storesDigest =
    (hasWork && kind.digestMeanwhile !== undefined) || (isWhole && digest !== kind.digestAfter);
  const inPublic = [
    ...(storesFingerprint ? (["mig_rerun_fingerprint_const"] as const) : []),
    ...(storesDigest ? (["mig_digest_const"] as const) : []),
  ];
  const schemaOids = shards.map(({ ledger }) => ledger.schemaOid);
  return schemaOids.length + inPublic.length === 0 ? undefined : { schemaOids, inPublic };
}
