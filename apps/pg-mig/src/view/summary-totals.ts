import type { AbandonedChain, Report } from "@pg-mig/report";
import { countOf, formatCount, formatDuration, groupBy, listShards } from "@pg-mig/report";
import { spelledOut } from "./setting-spelling.js";
import { type Line, line } from "./styled-line.js";

/** The run in one sentence: how it ended, and what became of every planned step. */
export function totalsLine(report: Report): Line {
  const { outcome, planned, done, alreadyDone, failed, inDoubt, notAttempted } = report;
  if (outcome === "nothing-to-do") {
    return line(report.partial ? "Nothing to do in this partial run." : "Nothing to do.", "good");
  }
  const [verb, nothing] =
    report.action === "apply"
      ? ["applied", "no version was pending"]
      : ["undone", "no version was left to undo"];
  const parts = [
    `${formatCount(done)} of ${countOf(planned, "step")} ${verb}`,
    ...(alreadyDone === 0 ? [] : [`${formatCount(alreadyDone)} by another run`]),
    ...(failed.length === 0 ? [] : [`${formatCount(failed.length)} failed`]),
    ...(inDoubt.length === 0 ? [] : [`${formatCount(inDoubt.length)} in doubt`]),
    ...(notAttempted === 0 ? [] : [`${formatCount(notAttempted)} not attempted`]),
  ];
  const word = { done: "Done", failed: "Failed", interrupted: "Interrupted", paused: "Paused" }[
    outcome
  ];
  return [
    { text: `${word}: `, tone: tones[outcome] },
    { text: planned === 0 ? nothing : parts.join(", ") },
    { text: `, in ${formatDuration(report.durationMs)}.` },
  ];
}

/** Why steps were not attempted, and what the user does next. Nothing after a full run that is done. */
export function endLines(report: Report): Line[] {
  if (report.outcome === "done" || report.outcome === "nothing-to-do") {
    return report.partial ? [line(partialNote, "caution")] : [];
  }
  return [
    ...[report.stoppedBy, report.pausedBy].flatMap((why) =>
      why === undefined ? [] : [line(spelledOut(why))],
    ),
    ...abandonedLines(report.abandoned),
    ...(report.inDoubt.length === 0
      ? []
      : [
          line(
            "In doubt: the connection broke during COMMIT, so the step may or may not be done. The next run reads it from the ledger.",
          ),
        ]),
    line(nextStep(report), "strong"),
  ];
}

const tones = { done: "good", failed: "bad", interrupted: "bad", paused: "caution" } as const;

const partialNote =
  "This was a partial run: no digest is saved. A run without --only, --part and --plan finishes the rest.";

const reasons: Readonly<Record<AbandonedChain["reason"], string>> = {
  interrupted: "the run was interrupted",
  "node-lost": "the node was lost",
  "hook-failed": "before.sql failed",
  bug: "a bug of pg-mig ended the run",
  paused: "the run was paused",
  stopped: "the run was stopped",
};

function abandonedLines(abandoned: readonly AbandonedChain[]): Line[] {
  return groupBy(abandoned, ({ reason }) => reason).map((chains) => {
    const steps = chains.reduce((sum, { notAttempted }) => sum + notAttempted.length, 0);
    const because = reasons[chains[0].reason];
    return line(
      `Not attempted because ${because}: ${countOf(steps, "step")} on ${listShards(chains)}`,
    );
  });
}

function nextStep({ action, failed, hookFailures }: Report): string {
  const run = failed.length + hookFailures.length === 0 ? "Run" : "Fix what failed, then run";
  const again = action === "apply" ? "pg-mig again" : "the same undo again";
  return `${run} ${again}. It resumes where this run stopped.`;
}
