import { make } from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";
import { shortPath } from "../short-path.js";
import { printable } from "../view/display-width.js";
import { writeFileNames } from "../view/write-file-names.js";

/** Makes the two empty files of a new version, and chain.txt. */
export async function makeAction(target: string, context: ActionContext): Promise<number> {
  const { settings, stdout, stderr, cwd } = context;
  const migdir = shortPath(settings.migdir, cwd);
  const { files, chainFile, unknownPrefix } = await make(migdir, target);
  if (unknownPrefix !== undefined) {
    const { prefix, known, nearest } = unknownPrefix;
    const guess = nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
    stderr.write(
      `warning: no version has the prefix "${printable(prefix)}" yet (known: ${printable(known.join(", "))}).${printable(guess)}\n`,
    );
  }
  writeFileNames([...files, chainFile], { settings, stdout });
  return exitStatus.done;
}
