import type { Report } from "pg-mig";
import { type Evidence, isAtHead } from "./invariants.js";
import { type EndedRun, reportOf } from "./tool-run.js";

/** I4: what the runs told is so, and their exit statuses say the same. */
export function runsToldTheTruth(evidence: Evidence): string[] {
  return evidence.runs.flatMap((run) => {
    const report = reportOf(run);
    return [
      ...statusProblems(run, report),
      ...tattledSecrets(run, evidence),
      ...(report === undefined ? [] : countProblems(report)),
      ...(evidence.alsoWrote === undefined
        ? [
            ...doneProblems(run, evidence),
            ...failedProblems(report, evidence),
            ...disownedSteps(run, evidence),
          ]
        : []),
      ...headProblems(run, evidence),
    ];
  });
}

/** Every run ends by itself, and its status is one of the documented ones, and the right one. */
export function statusProblems(run: EndedRun, report: Report | undefined): string[] {
  if (run.overdue) {
    return ["the run went on and on, and was killed"];
  }
  const { status } = run;
  // Killed: it could not say anything.
  if (status === undefined) {
    return [];
  }
  const refused = run.events.some(({ type }) => type === "error");
  const expected = {
    done: [0],
    "nothing-to-do": [0],
    paused: [3],
    failed: [report?.error?.code === "INTERNAL_ERROR" ? 70 : 1],
    interrupted: [129, 130, 143],
    refused: [1],
    "left-at-once": [129, 130, 143],
  }[report?.outcome ?? (refused ? "refused" : "left-at-once")];
  return expected.includes(status)
    ? []
    : [`the run ended with status ${status} and outcome ${report?.outcome}: ${run.stderr.trim()}`];
}

function tattledSecrets({ stderr, events }: EndedRun, { secrets = [] }: Evidence): string[] {
  const printed = `${stderr}${JSON.stringify(events)}`;
  return secrets.some((secret) => printed.includes(secret)) ? ["the run printed a password"] : [];
}

function countProblems(report: Report): string[] {
  const { planned, done, alreadyDone, failed, inDoubt, notAttempted } = report;
  const ended = done + alreadyDone + failed.length + inDoubt.length + notAttempted;
  const clean = failed.length + inDoubt.length + notAttempted === 0;
  return [
    ...(ended === planned ? [] : [`the report counts ${ended} of ${planned} steps`]),
    ...(report.outcome === "done" && !clean ? ["the report calls a run done that is not"] : []),
  ];
}

/** A run that calls itself done has left nothing undone. */
function headProblems({ status, args }: EndedRun, evidence: Evidence): string[] {
  if (evidence.alsoWrote === "another-writer" || evidence.alsoWrote === "lost-after-the-run") {
    return [];
  }
  const isWhole = status === 0 && !args.some((arg) => arg.startsWith("--only"));
  return isWhole ? isAtHead(evidence).map((problem) => `status 0, but ${problem}`) : [];
}

function doneProblems({ events }: EndedRun, evidence: Evidence): string[] {
  const ledgers = ledgersOf(evidence);
  return events.flatMap((event) => {
    if (event.type !== "step:done") {
      return [];
    }
    const place = `${event.node}/${event.shard}`;
    const recorded = ledgers.get(place)?.includes(event.version) ?? false;
    return recorded || evidence.ruined?.has(place) === true
      ? []
      : [`${place}: ${event.version} was called done, and is not in the ledger`];
  });
}

function failedProblems(report: Report | undefined, evidence: Evidence): string[] {
  // What one run could not do, another one may have done.
  if (evidence.runs.length > 1) {
    return [];
  }
  const ledgers = ledgersOf(evidence);
  return (report?.failed ?? [])
    .filter(({ node, shard, version }) => ledgers.get(`${node}/${shard}`)?.includes(version))
    .map(
      ({ node, shard, version }) =>
        `${node}/${shard}: ${version} was called failed, and is applied`,
    );
}

/** Where nobody else has worked, a run cannot find that somebody else was faster. */
function disownedSteps({ events }: EndedRun, { runs }: Evidence): string[] {
  if (runs.length > 1) {
    return [];
  }
  return events.flatMap((event) =>
    event.type === "step:already-done"
      ? [`${event.node}/${event.shard}: ${event.version} was called another run's work`]
      : [],
  );
}

function ledgersOf({ nodes }: Evidence): ReadonlyMap<string, readonly string[]> {
  return new Map(
    nodes.flatMap(({ label, shards }) =>
      shards.map(({ shard, ledger = [] }) => [`${label}/${shard}`, ledger] as const),
    ),
  );
}
