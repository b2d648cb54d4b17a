import { chain } from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";
import { printable } from "../view/display-width.js";

/** Rewrites chain.txt. */
export async function chainAction({ settings, stdout }: ActionContext): Promise<number> {
  stdout.write(`${printable(await chain(settings.migdir))}\n`);
  return exitStatus.done;
}
