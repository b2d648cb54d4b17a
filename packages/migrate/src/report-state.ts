import type { Report } from "@pg-mig/report";
import type { OpenCluster, OpenNode } from "@pg-mig/sessions";
import { latestOn } from "./latest.js";
import type { RunPlan } from "./prepare-run.js";

/** What a report says of the cluster, by what was read of it at the end of the run. Pure. */
export function reportState(
  { nodes }: Pick<OpenCluster, "nodes">,
  { edited, isWhole }: Pick<RunPlan, "edited" | "isWhole">,
  now: readonly OpenNode[],
): Pick<Report, "nodes" | "latest" | "edited" | "partial"> {
  return {
    nodes: nodes.map(({ node, identity: { systemIdentifier, databaseOid } }) => ({
      node: node.label,
      systemIdentifier,
      databaseOid,
    })),
    latest: latestOn(now),
    edited,
    ...(isWhole ? {} : { partial: true }),
  };
}
