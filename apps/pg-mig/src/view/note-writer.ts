import type { ActionContext } from "../action-context.js";
import { printable } from "./display-width.js";
import { spelledOut } from "./setting-spelling.js";

/** Prints notes on stderr, a line each; with `--quiet` none. */
export function noteWriter({
  settings,
  stderr,
}: Pick<ActionContext, "settings" | "stderr">): (message: string) => void {
  return (message) => {
    if (!settings.quiet) {
      stderr.write(`note: ${printable(spelledOut(message))}\n`);
    }
  };
}
