import { listVersions, status } from "@pg-mig/migrate";
import { isPgMigError } from "@pg-mig/model";
import { listShards } from "@pg-mig/report";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";
import { clusterOptions } from "../run-options.js";

/**
 * Prints all versions on disk, a line each. Where the cluster answers, tells of files that were
 * edited after they were applied; that it does not is no failure, since the list needs no server.
 * Settings that do not fit are refused all the same.
 */
export async function listAction(context: ActionContext): Promise<number> {
  const { settings, stdout, stderr } = context;
  const versions = await listVersions(settings.migdir);
  const cluster = await clusterOptions(context);
  for (const { name } of versions) {
    const text = settings.json ? JSON.stringify({ type: "version", version: name }) : name;
    stdout.write(`${text}\n`);
  }
  if (versions.length === 0) {
    return exitStatus.done;
  }
  try {
    const { edited } = await status(cluster);
    for (const { version, shards } of edited) {
      const where = listShards(shards);
      stderr.write(`warning: ${version} was edited after it was applied to ${where}.\n`);
    }
    return settings.strict && edited.length > 0 ? exitStatus.failed : exitStatus.done;
  } catch (error) {
    if (!isPgMigError(error)) {
      throw error;
    }
    stderr.write(`note: Whether files were edited could not be checked: ${error.message}\n`);
    return exitStatus.done;
  }
}
