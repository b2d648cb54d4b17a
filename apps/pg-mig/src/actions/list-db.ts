import { appliedVersions } from "@pg-mig/migrate";
import { listShards } from "@pg-mig/report";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";
import { clusterOptions } from "../run-options.js";
import { printable } from "../view/display-width.js";
import { jsonLine } from "../view/json-line.js";
import { noteWriter } from "../view/note-writer.js";

/** Prints which versions each shard has, those that have the same together. Changes nothing. */
export async function listDbAction(context: ActionContext): Promise<number> {
  const { settings, stdout } = context;
  const groups = await appliedVersions({
    ...(await clusterOptions(context)),
    onNote: noteWriter(context),
  });
  for (const { versions, shards } of groups) {
    stdout.write(
      settings.json
        ? jsonLine({ type: "applied", versions, shards })
        : [
            `${printable(listShards(shards))}:`,
            ...(versions.length === 0 ? ["no versions"] : versions).map(
              (version) => `  ${printable(version)}`,
            ),
          ]
            .map((line) => `${line}\n`)
            .join(""),
    );
  }
  if (groups.length === 0 && !settings.json) {
    stdout.write("There are no shards.\n");
  }
  return exitStatus.done;
}
