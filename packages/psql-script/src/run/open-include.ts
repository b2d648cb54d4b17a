import { basename, dirname, join, relative } from "node:path";
import { readScriptFile, unreadableHint } from "../read/load-script.js";
import type { Script } from "../read/script.js";
import { ScriptError } from "../source/script-error.js";
import type { ProblemPlace } from "../source/script-problems.js";
import type { RunState } from "./run-state.js";

/** How deep files may include each other. */
const maxDepth = 64;

/** The script that a file includes by its absolute name: read beforehand, or else now. */
export async function openInclude(
  run: RunState,
  path: string,
  place: ProblemPlace & { readonly source: Script },
): Promise<Script> {
  const common = { part: "script", ...place } as const;
  if (run.openFiles.includes(path) || run.openFiles.length >= maxDepth) {
    throw new ScriptError(`${basename(path)} includes itself.`, {
      ...common,
      code: "SCRIPT_INCLUDE",
    });
  }
  const known = run.includes.get(path);
  if (known !== undefined) {
    return known;
  }
  const outer = run.openFiles.at(-1) ?? "";
  const file = join(dirname(place.source.file), relative(dirname(outer), path));
  const { psqlCompat } = place.source;
  try {
    return await readScriptFile(path, { readFile: run.readFile, file, psqlCompat });
  } catch (cause) {
    if (cause instanceof ScriptError) {
      throw cause;
    }
    throw new ScriptError(`${file} cannot be read.`, {
      ...common,
      code: "SCRIPT_COMMAND_FAILED",
      hint: unreadableHint(path, cause),
      cause,
    });
  }
}
