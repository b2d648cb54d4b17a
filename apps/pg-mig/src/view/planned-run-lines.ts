import type { PlannedRun, PlannedSql, PlannedWave } from "@pg-mig/migrate";
import { countOf, groupBy, listShards, shownShard } from "@pg-mig/report";
import { nodesLine } from "./nodes-line.js";
import { type Line, line } from "./styled-line.js";
import { warningLines } from "./warning-lines.js";

/** What a run would do: per version the shards that it would be run on, and before.sql, after.sql. */
export function plannedRunLines(planned: PlannedRun): Line[] {
  const { action, nodes, hooks, chains, sql } = planned;
  const warnings = warningLines([
    ...planned.edited.map(({ version, shards }) => ({
      message: `${version} was edited after it was applied to ${listShards(shards)}.`,
    })),
    ...planned.emptyFiles,
    ...planned.unusualFiles,
    ...planned.unmatchedPrefixes,
  ]);
  if (chains.length === 0 && hooks.length === 0) {
    return [...warnings, ...nodesLine(planned.addresses), line("Nothing to do.", "good")];
  }
  const steps = chains.flatMap(({ node, shard, pending }) =>
    pending.map((version) => ({ node, shard, version })),
  );
  const versions = groupBy(steps, ({ version }) => version).toSorted(([a], [b]) =>
    a.version < b.version ? -1 : 1,
  );
  const verb = action === "apply" ? "apply" : "undo";
  return [
    line(`Would ${verb} ${countOf(steps.length, "step")} on ${countOf(chains.length, "shard")}:`),
    ...hookLine(hooks, "before.sql", nodes),
    ...versions.map((group): Line => {
      const [{ version }] = group;
      return [
        { text: "  " },
        { text: version, tone: "strong" },
        { text: `  ${listShards(group)}` },
      ];
    }),
    ...hookLine(hooks, "after.sql", nodes),
    ...waveLines(planned.waves ?? []),
    ...(sql ?? []).flatMap(sqlLines),
    ...warnings,
    ...nodesLine(planned.addresses),
    line("Nothing was changed: this was a dry run."),
  ];
}

/** SQL that can be read, and copied: what is not SQL is in comments. */
function sqlLines(sql: PlannedSql): Line[] {
  const { version, node, shard, otherShards, messages, fileAsItStands } = sql;
  const others = otherShards === 0 ? "" : `, likewise ${countOf(otherShards, "more shard")}`;
  const note = "-- the file is shown as it stands: its psql commands decide what of it is sent";
  return [
    line(""),
    line(`-- ${version} on ${node}:${shownShard(shard)}${others}`, "strong"),
    ...(fileAsItStands ? [line(note, "quiet")] : []),
    ...messages.flatMap((message, index) => [
      line(`-- message ${index + 1} of ${messages.length}`, "quiet"),
      ...message
        .trimEnd()
        .split("\n")
        .map((text): Line => [{ text, wrap: "never" }]),
    ]),
    line(""),
  ];
}

function waveLines(waves: readonly PlannedWave[]): Line[] {
  return waves.map(({ name, shards, pending }, index): Line => {
    const all = pending.length === shards ? "" : ` of ${shards}`;
    const none = shards === 0 ? "no shard is in it" : "nothing to do";
    const where = pending.length === 0 ? none : `${countOf(pending.length, "shard")}${all}`;
    return [
      { text: `Wave ${index + 1}, ` },
      { text: name, tone: "strong" },
      { text: `: ${where}${pending.length === 0 ? "" : `  ${listShards(pending)}`}` },
    ];
  });
}

function hookLine(hooks: readonly string[], file: string, nodes: readonly string[]): Line[] {
  return hooks.includes(file) ? [line(`  ${file}  on ${countOf(nodes.length, "node")}`)] : [];
}
