import { chain } from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";
import { shortPath } from "../short-path.js";
import { writeFileNames } from "../view/write-file-names.js";

/** Rewrites chain.txt. */
export async function chainAction({ settings, stdout, cwd }: ActionContext): Promise<number> {
  writeFileNames([await chain(shortPath(settings.migdir, cwd))], { settings, stdout });
  return exitStatus.done;
}
