import type { PlannedRun } from "@pg-mig/migrate";
import { groupBy } from "./group-by.js";
import { countOf } from "./quantities.js";
import { listShards } from "./shard-list.js";
import { type Line, line } from "./styled-line.js";

/** What a run would do: per version the shards that it would be run on, and before.sql, after.sql. */
export function plannedRunLines({ action, nodes, hooks, chains }: PlannedRun): Line[] {
  if (chains.length === 0 && hooks.length === 0) return [line("Nothing to do.", "good")];
  const steps = chains.flatMap(({ node, shard, pending }) =>
    pending.map((version) => ({ node, shard, version })),
  );
  const versions = groupBy(steps, ({ version }) => version).toSorted(([a], [b]) =>
    a.version < b.version ? -1 : 1,
  );
  const verb = action === "apply" ? "apply" : "undo";
  return [
    line(
      `Would ${verb} ${countOf(steps.length, "version")} on ${countOf(chains.length, "shard")}:`,
    ),
    ...hookLines(hooks, "before.sql", nodes),
    ...versions.map((group): Line => {
      const [{ version }] = group;
      return [
        { text: "  " },
        { text: version, tone: "strong" },
        { text: `  ${listShards(group)}` },
      ];
    }),
    ...hookLines(hooks, "after.sql", nodes),
    line("Nothing was changed: this was a dry run."),
  ];
}

function hookLines(hooks: readonly string[], file: string, nodes: readonly string[]): Line[] {
  return hooks.includes(file) ? [line(`  ${file}  on ${countOf(nodes.length, "node")}`)] : [];
}
