import type { Settings } from "@pg-mig/config";
import {
  type ClusterOptions,
  loadSources,
  type Only,
  parseChoice,
  passwordFromCommand,
  type RunOptions,
} from "@pg-mig/migrate";
import { PgMigError } from "@pg-mig/model";
import type { ActionContext } from "./action-context.js";
import { pauseSignal } from "./pause-signal.js";
import {
  readFailedShards,
  refuseReportPlace,
  reportFormat,
  reportRenderer,
} from "./report-file.js";
import { runOrigin } from "./run-origin.js";
import { shortPath } from "./short-path.js";

/** The cluster, as the settings describe it. */
export async function clusterOptions({
  settings,
  cwd,
  interruption,
}: Pick<ActionContext, "settings" | "cwd" | "interruption">): Promise<ClusterOptions> {
  const { migdir, port, user, passwordCommand, database, sslMode } = settings;
  const password =
    settings.password ??
    (passwordCommand === undefined ? undefined : passwordFromCommand(passwordCommand));
  const { sslRootCert, sslCert, sslKey, passFile } = settings;
  const { connectTimeoutMs, startupParameters, parameters } = settings;
  const { certificateDirectory, serviceFiles, validShardSchemasSql } = settings;
  return {
    migrationDirectory: shortPath(migdir, cwd),
    only: await chosen(settings),
    validShardSchemasSql,
    sources: await loadSources(settings),
    defaults: {
      port,
      user,
      password,
      database,
      sslMode,
      sslRootCert,
      sslCert,
      sslKey,
      passFile,
      connectTimeoutMs,
      startupParameters,
      parameters,
      certificateDirectory,
      serviceFiles,
    },
    signal: interruption.signal,
  };
}

/** What an apply and an undo have in common, as the settings describe it. */
export async function runOptions(context: ActionContext): Promise<RunOptions> {
  const { settings, env } = context;
  const { parallelism, maxSessions, force, strict, shell } = settings;
  const { lockTimeoutMs, retryForMs, waitMs, allowPooler, beside2x } = settings;
  const { verify, containment, journal } = settings;
  const { report = [] } = settings;
  for (const path of report) {
    await refuseReportPlace(path);
    await reportRenderer(reportFormat(path));
  }
  return {
    ...(await clusterOptions(context)),
    parallelism,
    maxSessions,
    lockTimeoutMs,
    retryForMs,
    waitMs,
    allowPooler,
    beside2x,
    verify,
    containment,
    journal,
    pause: pauseSignal(settings, new Date()),
    stopAt: settings.stopAt,
    throttle: settings.throttle,
    origin: await runOrigin({
      env,
      directory: settings.migdir,
      readsCommit: report.length > 0 || journal,
    }),
    force,
    editedFiles: strict ? "error" : "warning",
    unusualFiles: strict ? "error" : "warning",
    env: fileEnvironment(context),
    allowShell: shell,
  };
}

async function chosen({ only, part, report }: Settings): Promise<Only | undefined> {
  if (only === undefined) {
    return part && { part };
  }
  const choice = parseChoice(only);
  if (choice.every(({ among }) => among === "all")) {
    return { choice, part };
  }
  const file = report?.find((path) => reportFormat(path) === ".json");
  if (file !== undefined) {
    return { choice, part, failed: await readFailedShards(file) };
  }
  throw new PgMigError("--only=failed needs the report of the last run.", {
    code: "REPORT_UNREADABLE",
    hint: "Run with --report=FILE.json each time: a run writes its report there, and --only=failed reads it.",
  });
}

/** The environment that files see of the command's own, with what config files add to it. */
export function fileEnvironment({
  env,
  settings,
}: Pick<ActionContext, "env" | "settings">): Record<string, string> {
  return { ...definedOnly(env), ...settings.exported };
}

function definedOnly(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const defined: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined) {
      defined[name] = value;
    }
  }
  return defined;
}
