import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import type { ReportFormat } from "@pg-mig/config";
import type { Place, RunToUndo } from "@pg-mig/migrate";
import { PgMigError, wordsOf } from "@pg-mig/model";
import type { Report } from "@pg-mig/report";
import { escapeHidden } from "./view/json-line.js";
import { refusePlace, writeWholeFile } from "./whole-file.js";

/**
 * Finds out before a run whether its report could be written. A place that is no regular file, such as a
 * symbolic link or /dev/null, is refused: the report would replace it.
 *
 * @throws PgMigError `REPORT_NOT_WRITTEN`
 */
export async function refuseReportPlace(path: string): Promise<void> {
  const hint =
    "Nothing was changed. Name in --report a file in a folder that exists and may be written.";
  try {
    await refusePlace(path);
  } catch (cause) {
    throw notWritten(path, cause, hint);
  }
}

/** The format that the name of a file asks for. The setting has refused any other. */
export function reportFormat(path: string): ReportFormat {
  return extname(path).toLowerCase() as ReportFormat;
}

/**
 * What makes a report the text of a file. Most runs write no page. One that does calls this beforehand: then nothing is
 * left to load after its work.
 */
export async function reportRenderer(format: ReportFormat): Promise<(report: Report) => string> {
  if (format === ".json") {
    return renderJson;
  }
  const { renderHtmlReport, renderJunitReport, renderMarkdownReport } = await import(
    "./report-pages.js"
  );
  return { ".html": renderHtmlReport, ".md": renderMarkdownReport, ".xml": renderJunitReport }[
    format
  ];
}

/** Any report as the text of a JSON file. */
export function renderJson(report: object): string {
  return `${escapeHidden(JSON.stringify(report, undefined, 2))}\n`;
}

/**
 * Writes a report. The file is the old one or the new one, never half of it. It is for its owner's
 * eyes alone (mode 0600), since messages of a server may hold data. A symbolic link that was put there
 * meanwhile is replaced, and never followed.
 *
 * @throws PgMigError `REPORT_NOT_WRITTEN`
 */
export async function writeReportFile(path: string, text: string): Promise<void> {
  try {
    await writeWholeFile(path, text);
  } catch (cause) {
    const hint =
      "The run itself has ended as shown. Correct --report, or the permissions of its folder.";
    throw notWritten(path, cause, hint);
  }
}

function notWritten(path: string, cause: unknown, hint: string): PgMigError {
  return new PgMigError(`The report cannot be written to ${path}: ${wordsOf(cause)}.`, {
    code: "REPORT_NOT_WRITTEN",
    hint,
    where: { file: path },
    cause,
  });
}

function unreadable(path: string, cause: unknown, hint: string): PgMigError {
  return new PgMigError(`The report ${path} cannot be read: ${wordsOf(cause)}.`, {
    code: "REPORT_UNREADABLE",
    hint,
    where: { file: path },
    cause,
  });
}

/**
 * Reads from a report which shards the run did not finish: what `--only=failed` means.
 *
 * @throws PgMigError `REPORT_UNREADABLE`
 */
export async function readFailedShards(path: string): Promise<readonly Place[]> {
  try {
    const report: unknown = JSON.parse(await readFile(path, "utf8"));
    return ["failed", "inDoubt", "abandoned"].flatMap((key) => placesIn(report, key));
  } catch (cause) {
    const hint =
      "Name in --report the file that the run that failed has written, with the same option.";
    throw unreadable(path, cause, hint);
  }
}

function placesIn(report: unknown, key: string): Place[] {
  const list = isRecord(report) ? report[key] : undefined;
  if (!Array.isArray(list)) {
    throw new Error(`it has no list "${key}"`);
  }
  return list.map((entry: unknown) => {
    if (isRecord(entry) && typeof entry.node === "string" && typeof entry.shard === "string") {
      return { node: entry.node, shard: entry.shard };
    }
    throw new Error(`its list "${key}" names no shards`);
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/**
 * Reads from a report what its run has applied.
 *
 * @throws PgMigError `REPORT_UNREADABLE`
 */
export async function readRunToUndo(path: string): Promise<RunToUndo> {
  try {
    const report: unknown = JSON.parse(await readFile(path, "utf8"));
    if (!isRecord(report)) {
      throw new Error("it is no report");
    }
    const { action, startedAt, durationMs, nodes } = report;
    if (action !== "apply" && action !== "undo") {
      throw new Error("it is no report of a run");
    }
    if (Number.isNaN(Date.parse(String(startedAt))) || typeof durationMs !== "number") {
      throw new Error("it does not say when the run was");
    }
    placesIn(report, "inDoubt");
    for (const { version, shards } of recordsIn(report, "doneByVersion")) {
      placesIn({ shards }, "shards");
      if (typeof version !== "string") {
        throw new Error('its list "doneByVersion" names no versions');
      }
    }
    for (const known of nodes === undefined ? [] : recordsIn(report, "nodes")) {
      const texts = [known.node, known.systemIdentifier, known.databaseOid];
      if (texts.some((text) => typeof text !== "string")) {
        throw new Error('its list "nodes" names no nodes');
      }
    }
    return report as unknown as RunToUndo;
  } catch (cause) {
    throw unreadable(path, cause, "Name the file that a run has written with --report=FILE.json.");
  }
}

function recordsIn(
  report: Readonly<Record<string, unknown>>,
  key: string,
): readonly Readonly<Record<string, unknown>>[] {
  const list = report[key];
  if (!(Array.isArray(list) && list.every(isRecord))) {
    throw new Error(`it has no list "${key}"`);
  }
  return list;
}
