import { listVersions } from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";

/** Prints all versions on disk, a line each. */
export async function listAction({ settings, format, stdout }: ActionContext): Promise<number> {
  for (const { name } of await listVersions(settings.migdir)) {
    const text = format === "json" ? JSON.stringify({ type: "version", version: name }) : name;
    stdout.write(`${text}\n`);
  }
  return exitStatus.done;
}
