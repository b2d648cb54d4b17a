import type { ActionContext } from "../action-context.js";
import { jsonLine } from "./json-line.js";
import { renderLines } from "./render-lines.js";
import type { Line } from "./styled-line.js";

/** Prints what a command has found: with `--json` as one line of JSON, otherwise as text. */
export function writeAnswer(
  { settings, stdout }: Pick<ActionContext, "settings" | "stdout">,
  answer: { readonly type: string },
  lines: () => readonly Line[],
): void {
  stdout.write(settings.json ? jsonLine(answer) : renderLines(lines(), stdout));
}
