import type { Place } from "@pg-mig/model";
import { groupBy } from "./group-by.js";
import type { Warning } from "./report.js";
import { withoutNames } from "./without-names.js";

/** Warnings that say the same of one version, names aside. */
export interface WarningGroup {
  /** The first of the messages. */
  readonly message: string;
  readonly version: string | undefined;
  /** Where it was raised; without shards it concerns the run, or the node in `node`. */
  readonly shards: readonly Place[];
  readonly node: string | undefined;
  readonly count: number;
}

/** Groups the warnings of a run, in the order of their first appearance. */
export function groupWarnings(warnings: readonly Warning[]): WarningGroup[] {
  return groupBy(warnings, warningKey).map(([first, ...rest]) => ({
    message: first.message,
    version: first.version,
    shards: [first, ...rest].flatMap(({ node, shard }) =>
      node === undefined || shard === undefined ? [] : [{ node, shard }],
    ),
    node: first.node,
    count: 1 + rest.length,
  }));
}

function warningKey({ node, shard, version, message }: Warning): string {
  // A warning of the tool names what it is about: only those of the server repeat shard by shard.
  return shard === undefined
    ? JSON.stringify([node, version, message])
    : JSON.stringify([version, withoutNames(message, [shard, node ?? ""])]);
}
