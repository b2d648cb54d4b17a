import type { ActionContext } from "../action-context.js";
import { printable } from "./display-width.js";
import { jsonLine } from "./json-line.js";

/** Prints the files that were written, a line each. */
export function writeFileNames(
  files: readonly string[],
  { settings, stdout }: Pick<ActionContext, "settings" | "stdout">,
): void {
  for (const file of files) {
    stdout.write(settings.json ? jsonLine({ type: "file", file }) : `${printable(file)}\n`);
  }
}
