import { listVersions, status } from "@pg-mig/migrate";
import { isPgMigError } from "@pg-mig/model";
import { listShards } from "@pg-mig/report";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";
import { clusterOptions } from "../run-options.js";
import { printable } from "../view/display-width.js";
import { jsonLine } from "../view/json-line.js";
import { noteWriter } from "../view/note-writer.js";

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
    stdout.write(
      settings.json ? jsonLine({ type: "version", version: name }) : `${printable(name)}\n`,
    );
  }
  if (versions.length === 0) {
    return exitStatus.done;
  }
  try {
    const { edited } = await status(cluster);
    for (const { version, shards } of edited) {
      const where = listShards(shards);
      stderr.write(
        `warning: ${printable(version)} was edited after it was applied to ${printable(where)}.\n`,
      );
    }
    return settings.strict && edited.length > 0 ? exitStatus.failed : exitStatus.done;
  } catch (error) {
    if (!isPgMigError(error)) {
      throw error;
    }
    noteWriter(context)(`Whether files were edited could not be checked: ${error.message}`);
    return exitStatus.done;
  }
}
