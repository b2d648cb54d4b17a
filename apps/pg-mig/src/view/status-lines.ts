import type { ClusterStatus, ShardVersion, WaveStatus } from "@pg-mig/migrate";
import {
  countOf,
  formatCount,
  formatSeconds,
  groupBy,
  listShards,
  shownShard,
} from "@pg-mig/report";
import { padToWidth, widestOf } from "./display-width.js";
import { minute } from "./minute.js";
import { nodesLine } from "./nodes-line.js";
import { spelledOut } from "./setting-spelling.js";
import { type Line, line } from "./styled-line.js";
import { versionsMapLines } from "./versions-map.js";
import { warningLines } from "./warning-lines.js";

/** The map of versions over nodes and shards, and what else is to be known before a run. */
export function statusLines(status: ClusterStatus): Line[] {
  const shards = status.nodes.flatMap(({ node, shards: list }) =>
    list.map(({ shard, applied, latest, pending, violation }) => ({
      ...{ node, shard, applied, latest },
      pending: pending.length,
      note: violation?.code,
    })),
  );
  const pending = shards.reduce((sum, shard) => sum + shard.pending, 0);
  const behind = shards.filter((shard) => shard.pending > 0).length;
  const unfinished = status.nodes.filter(({ lastRun }) => lastRun === "unfinished");
  const violations = status.nodes.flatMap(({ shards: list }) =>
    list.flatMap(({ violation }) => violation ?? []),
  );
  return [
    ...versionsMapLines(shards),
    ...status.nodes.flatMap(({ node, shards: list }) =>
      list.flatMap(({ shard, versions }) =>
        shardLines(`${node}:${shownShard(shard)}`, versions ?? []),
      ),
    ),
    // One of each kind: the others are in the map.
    ...groupBy(violations, ({ code }) => code).flatMap(([{ message, hint }]) => [
      line(message, "bad"),
      line(`  ${spelledOut(hint)}`),
    ]),
    ...status.edited.map(
      ({ version, shards: edited }): Line => [
        { text: `${version} was edited after it was applied`, tone: "caution" },
        { text: ` on ${listShards(edited)}` },
      ],
    ),
    ...warningLines([...status.emptyFiles, ...status.unmatchedPrefixes]),
    ...unfinishedLines(
      unfinished.map(({ node }) => node),
      status.hooks,
    ),
    ...waveLines(status.waves ?? []),
    ...nodesLine(status.nodes.map(({ address }) => address)),
    line(
      pending === 0
        ? "Nothing is pending."
        : `${countOf(pending, "step")} pending on ${countOf(behind, "shard")}.`,
      pending === 0 ? "good" : "caution",
    ),
  ];
}

/** What a shard has, since when and from which file: a line per version, the latest last. */
function shardLines(place: string, versions: readonly ShardVersion[]): Line[] {
  const width = widestOf(versions.map(({ version }) => version));
  const notes: Readonly<Record<ShardVersion["file"], string>> = {
    same: "from the file as it is",
    edited: "from another file: it was edited since",
    missing: "its file is gone",
    unknown: "no file recorded: adopted, or applied by another tool",
  };
  return versions.length === 0
    ? []
    : [
        line(place, "strong"),
        ...versions.map(({ version, appliedAt, file, checksum }): Line => {
          const since = appliedAt === undefined ? "no time recorded" : `${minute(appliedAt)} UTC`;
          const sum = checksum === undefined ? "" : ` (SHA-256 ${checksum}…)`;
          return [
            { text: `  ${padToWidth(version, width)}  ${since.padEnd(20)}  ` },
            {
              text: `${notes[file]}${file === "same" ? "" : sum}`,
              tone: file === "same" ? "quiet" : "caution",
            },
          ];
        }),
      ];
}

/** Which wave is next, and what it waits for; nothing if all are done. */
function waveLines(waves: readonly WaveStatus[]): Line[] {
  const index = waves.findIndex(({ pendingShards }) => pendingShards > 0);
  const next = waves[index];
  if (next === undefined) {
    return [];
  }
  const { name, shards, pendingShards } = next;
  const pending = `${formatCount(pendingShards)} of ${countOf(shards, "shard")} pending`;
  const before = waves.slice(0, index).filter(({ shards: all }) => all > 0);
  return [
    [
      { text: `Wave ${index + 1} of ${waves.length}, ${name}`, tone: "strong" },
      { text: `, is next: ${pending}.` },
    ],
    ...before.flatMap((wave) => doneWaveLines(wave)),
  ];
}

/** What a wave that is done keeps the next one from, if it does. */
function doneWaveLines({ name, soakLeftMs, gate }: WaveStatus): Line[] {
  if (soakLeftMs > 0) {
    const then = gate === undefined ? "" : `, then its gate is asked (${gate})`;
    return [line(`Wave ${name} is done and soaks: ${formatSeconds(soakLeftMs)} left${then}.`)];
  }
  return gate === undefined
    ? []
    : [line(`Wave ${name} is done: the next run asks its gate (${gate}).`)];
}

function unfinishedLines(nodes: readonly string[], hooks: readonly string[]): Line[] {
  if (nodes.length === 0) {
    return [];
  }
  const next = hooks.length === 0 ? "" : `: the next one runs ${hooks.join(" and ")}`;
  return [line(`The last run did not finish on ${nodes.join(", ")}${next}.`, "caution")];
}
