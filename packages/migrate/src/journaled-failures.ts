import type { JournalFailure } from "@pg-mig/ledger";
import { type ErrorInfo, groupFailures, groupHookFailures, type Report } from "@pg-mig/report";

/** So many kinds of failures are kept: the report has them all. */
const mostFailures = 20;

/** What failed in a run, by reason, without anything that a server has quoted. Pure. */
export function journaledFailures(report: Report): JournalFailure[] {
  const steps = groupFailures([...report.failed, ...report.inDoubt]).map(
    ({ version, error, shards }) => ({
      what: version,
      ...journaled(error),
      count: shards.length,
      first: shards[0] && `${shards[0].node}:${shards[0].shard}`,
    }),
  );
  const hooks = groupHookFailures(report.hookFailures).map(({ file, error, nodes }) => ({
    what: file,
    ...journaled(error),
    count: nodes.length,
    first: nodes[0],
  }));
  const ofRun = report.error === undefined ? [] : [{ ...journaled(report.error), count: 1 }];
  return [...ofRun, ...hooks, ...steps].slice(0, mostFailures);
}

function journaled({ code, message, server }: ErrorInfo) {
  return {
    code,
    sqlState: server?.sqlState,
    message: withoutQuotes(server?.message ?? message).slice(0, 300),
  };
}

/** Whatever is quoted may come from a statement or a row, and be a secret. */
function withoutQuotes(message: string): string {
  return message
    .replace(/"[^"]*"/gu, '"…"')
    .replace(/'[^']*'/gu, "'…'")
    .replace(/«[^»]*»|„[^“]*“/gu, "«…»");
}
