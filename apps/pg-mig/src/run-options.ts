import { relative } from "node:path";
import { type ApplyOptions, type ClusterOptions, loadSources } from "@pg-mig/migrate";
import type { ActionContext } from "./action-context.js";

/** The cluster, as the settings describe it. */
export async function clusterOptions({
  settings,
  cwd,
  interruption,
}: ActionContext): Promise<ClusterOptions> {
  const { migdir, port, user, password, database, sslMode } = settings;
  const { sslRootCert, sslCert, sslKey, passFile } = settings;
  return {
    migrationDirectory: shortPath(migdir, cwd),
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
    },
    signal: interruption.signal,
  };
}

/** An apply or undo, as the settings describe it. */
export async function runOptions(context: ActionContext): Promise<ApplyOptions> {
  const { settings, strict, shell, env } = context;
  const { parallelism, force, createDatabase, exported } = settings;
  return {
    ...(await clusterOptions(context)),
    parallelism,
    force,
    createDatabase,
    editedFiles: strict ? "error" : "warning",
    env: { ...definedOnly(env), ...exported },
    allowShell: shell,
  };
}

/** A path as its user would name it: relative where it lies in the working directory. */
function shortPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short === "" || short.startsWith("..") ? path : short;
}

function definedOnly(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const defined: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined) defined[name] = value;
  }
  return defined;
}
