import { digest } from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";
import { jsonLine } from "../view/json-line.js";

/** Prints the digest of the versions on disk, and nothing else. Needs no server. */
export async function digestAction({ settings, stdout }: ActionContext): Promise<number> {
  const value = await digest(settings.migdir);
  stdout.write(settings.json ? jsonLine({ type: "digest", digest: value }) : `${value}\n`);
  return exitStatus.done;
}
