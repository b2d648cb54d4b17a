import type { CountedRun, Report, RunObserver } from "@pg-mig/report";
import type { ActionContext } from "./action-context.js";
import { exitStatus } from "./exit-status.js";
import { feedObserver } from "./observer-feed.js";
import { reportFormat, reportRenderer, writeReportFile } from "./report-file.js";
import { printable } from "./view/display-width.js";
import { createRunOutput } from "./view/run-output.js";
import { onProcessExit, processClock } from "./view/run-view.js";

/** Shows a run from its first event to its report, which it writes to files, and gives the exit status. */
export async function showRun(
  run: CountedRun,
  context: ActionContext,
  reports: readonly string[] = context.settings.report ?? [],
): Promise<number> {
  const { settings, stdout, stderr, interruption } = context;
  const output = createRunOutput({
    format: settings.json ? "json" : "text",
    detail: settings.quiet ? "problems" : settings.verbose ? "all" : "brief",
    stdout,
    stderr,
    progress: run.progress,
    clock: processClock,
    onExit: onProcessExit,
  });
  interruption.signal.addEventListener("abort", () => {
    output.say("Stopping: what runs is rolled back. Press Ctrl-C again to leave at once.");
  });
  // What a config file gives fits structurally.
  const feeds = settings.observers.map((observer) => feedObserver(observer as RunObserver));
  try {
    let report: Report | undefined;
    try {
      for await (const event of run) {
        output.handle(event);
        for (const feed of feeds) {
          feed.tell(event);
        }
        report = event.type === "run:done" ? event.report : report;
      }
    } finally {
      // A bug ends the run after its report.
      try {
        if (report !== undefined) {
          await writeReports(reports, report);
        } else if (interruption.signal.aborted) {
          output.say("Interrupted before any version ran.");
        }
      } finally {
        for (const trouble of (await Promise.all(feeds.map((feed) => feed.end()))).flat()) {
          output.say(`warning: ${printable(trouble)}`);
        }
      }
    }
    const { outcome } = await run.result;
    if (outcome === "interrupted") {
      return interruption.exitStatus ?? exitStatus.failed;
    }
    return outcome === "failed" || outcome === "paused" ? exitStatus[outcome] : exitStatus.done;
  } finally {
    output.stop();
  }
}

/** Writes all of the files, also if one of them cannot be written; the first problem is told. */
async function writeReports(paths: readonly string[], report: Report): Promise<void> {
  const written = await Promise.allSettled(
    paths.map(async (path) => {
      const render = await reportRenderer(reportFormat(path));
      await writeReportFile(path, render(report));
    }),
  );
  const failed = written.find((one) => one.status === "rejected");
  if (failed !== undefined) {
    throw failed.reason;
  }
}
