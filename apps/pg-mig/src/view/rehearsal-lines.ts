import type { RehearsalReport, RehearsedLock, RehearsedVersion } from "@pg-mig/migrate";
import { countOf, formatDuration, groupBy } from "@pg-mig/report";
import { differenceLines } from "./drift-lines.js";
import { renderError } from "./error-text.js";
import { type Line, line, type Tone } from "./styled-line.js";
import { blockersText } from "./work-detail.js";

/** What became of one version, with what it locks and writes anew; `verbose`: with each statement. */
export function rehearsedLines(
  told: RehearsedVersion,
  { verbose, where }: { readonly verbose: boolean; readonly where: "scratch" | "live" },
): Line[] {
  const { version, up, reason, error, restores, differences, durationMs } = told;
  const [verdict, tone] = verdictOf(told);
  const note = reason === undefined ? "" : `: ${reason}`;
  const took = up === "ok" ? ` (${formatDuration(durationMs)})` : "";
  const when = restores === true ? "after the second up" : "after the undo";
  return [
    [{ text: version, tone: "strong" }, { text: ` ${verdict}`, tone }, { text: `${note}${took}` }],
    ...(error === undefined ? [] : indented(renderError(error))),
    ...differences.flatMap((difference) => differenceLines(difference, when)),
    ...(verbose ? statementLines(told) : []),
    ...lockLines(told.locks),
    ...listed("writes anew", told.rewrites),
    ...listed("makes outside of its shard", told.createsOutside, "caution"),
    ...(where === "live"
      ? listed("moves sequences, which no rollback takes back:", told.sequences)
      : []),
  ];
}

/** How many were tried, and what came of it. */
export function rehearsalSummary({ outcome, where, versions, blockedBy }: RehearsalReport): Line[] {
  if (versions.length === 0) {
    return [line("Nothing is pending: nothing to rehearse.", "good")];
  }
  const skipped = versions.filter(({ up }) => up === "skipped").length;
  const tried = countOf(versions.length - skipped, "version");
  const place = where === "scratch" ? "a scratch database" : `${where.node}:${where.shard}`;
  const rest = skipped === 0 ? "" : `, ${skipped} skipped`;
  const [verdict, tone] = (
    {
      ok: ["all is well", "good"],
      failed: ["not all is well", "bad"],
      unknown: ["the outcome is unknown", "bad"],
    } as const
  )[outcome];
  const blockers = blockedBy === undefined ? "" : ` (blocked by ${blockersText(blockedBy)})`;
  return [line(`${tried} rehearsed on ${place}${rest}: ${verdict}${blockers}.`, tone)];
}

function verdictOf({
  up,
  down,
  restores,
  repeats,
}: RehearsedVersion): readonly [text: string, tone: Tone] {
  if (up === "failed") {
    return ["fails", "bad"];
  }
  if (up === "skipped") {
    return ["is skipped", "caution"];
  }
  if (down === "failed") {
    return ["works, and its undo fails", "bad"];
  }
  if (down === "empty") {
    return ["works, and its undo is empty", "bad"];
  }
  if (down === "skipped") {
    return ["works", "caution"];
  }
  if (restores === false) {
    return ["works, and its undo does not restore what was there", "bad"];
  }
  if (repeats === false) {
    return ["works, its undo restores, and a second time it does not come out the same", "bad"];
  }
  return ["works, and its undo restores", "good"];
}

function statementLines({ statements }: RehearsedVersion): Line[] {
  return statements.map(
    ({ text, durationMs }, i): Line => [
      { text: `  ${i + 1}. ${text}` },
      { text: ` ${durationMs} ms`, tone: "quiet" },
    ],
  );
}

function lockLines(locks: readonly RehearsedLock[]): Line[] {
  return groupBy(locks, ({ relation }) => relation).map((held): Line => {
    const [{ relation, outside }] = held;
    const modes = held.map(({ mode, statement }) => `${mode} from statement ${statement} on`);
    return [
      { text: `  locks ${relation}: ${modes.join(", ")}` },
      ...(outside ? [{ text: " (outside of its shard)", tone: "caution" } as const] : []),
    ];
  });
}

function listed(what: string, names: readonly string[], tone?: Tone): Line[] {
  return names.length === 0 ? [] : [line(`  ${what} ${names.join(", ")}`, tone)];
}

function indented(lines: readonly Line[]): Line[] {
  return lines.map((spans) => [{ text: "  " }, ...spans]);
}
