import { chain } from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";
import { writeFileNames } from "../view/file-names.js";

/** Rewrites chain.txt. */
export async function chainAction({ settings, stdout }: ActionContext): Promise<number> {
  writeFileNames([await chain(settings.migdir)], { settings, stdout });
  return exitStatus.done;
}
