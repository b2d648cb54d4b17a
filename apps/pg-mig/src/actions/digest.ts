import { digest } from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";

/** Prints the digest of the versions on disk, and nothing else. Needs no server. */
export async function digestAction({ settings, stdout }: ActionContext): Promise<number> {
  const value = await digest(settings.migdir);
  const text = settings.json ? JSON.stringify({ type: "digest", digest: value }) : value;
  stdout.write(`${text}\n`);
  return exitStatus.done;
}
