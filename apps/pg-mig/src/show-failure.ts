import nodeProcess from "node:process";
import type { ColorSetting, Flags } from "@pg-mig/config";
import { isPgMigError } from "@pg-mig/model";
import type { CommandProcess } from "./command-process.js";
import { jsonError } from "./json-error.js";
import { programVersion } from "./program-version.js";
import { printable } from "./view/display-width.js";
import { bugLines, renderError } from "./view/error-text.js";
import { jsonLine } from "./view/json-line.js";
import { renderLines } from "./view/render-lines.js";
import { createTerminal } from "./view/terminal.js";

/** Shows why a command failed, as text and, if `--json` was typed, as data. */
export function showFailure(
  error: unknown,
  flags: Flags,
  process: Pick<CommandProcess, "stdout" | "stderr" | "env">,
): void {
  const stderr = createTerminal(process.stderr, process.env, colorOf(flags));
  const lines = isPgMigError(error) ? renderError(error) : bugLines(error, thisProgram());
  stderr.write(renderLines(lines, stderr));
  if (flags.json === true) {
    process.stdout.write(jsonLine({ type: "error", ...jsonError(error) }));
  }
  if (flags.debug === true && error instanceof Error) {
    stderr.write(`${printableLines(error.stack ?? "")}\n`);
  }
}

/** What was typed, if it can be meant: it may be what is refused. */
function colorOf({ color }: Flags): ColorSetting {
  return color === "always" || color === "never" ? color : "auto";
}

/** What a report of a bug needs: the versions of the tool and of Node, and the system. */
function thisProgram(): string {
  const { version, platform, arch } = nodeProcess;
  return `pg-mig ${programVersion()}, Node ${version}, ${platform} ${arch}`;
}

function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}
