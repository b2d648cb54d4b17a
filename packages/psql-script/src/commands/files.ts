import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { isRelativeInclude } from "../read/command-kind.js";
import type { CommandCall } from "./command-call.js";
import { required } from "./variables.js";

/** `\i` counts from the run's directory, `\ir` from that of the file that it stands in. */
export async function include(call: CommandCall): Promise<void> {
  const name = await required(call);
  if (name === "-") {
    throw call.refuse("there is no standard input to read", "Name a file.");
  }
  const base = isRelativeInclude(call) ? dirname(call.run.openFiles.at(-1) ?? "") : call.run.cwd;
  await call.file.include(resolve(base, expandHome(call, name)));
}

/** `\cd [directory]`. */
export async function changeDirectory(call: CommandCall): Promise<void> {
  const name = (await call.arguments.next()) ?? call.run.environment.get("HOME");
  if (name === undefined) {
    throw call.fail("HOME is not set in the script's environment");
  }
  const path = resolve(call.run.cwd, expandHome(call, name));
  const info = await stat(path).catch((cause: unknown) => {
    throw call.fail(`there is no directory "${path}"`, { cause });
  });
  if (!info.isDirectory()) {
    throw call.fail(`"${path}" is not a directory`);
  }
  call.run.cwd = path;
}

/** Replaces a `~` at the start of a path by the HOME of the run's environment. */
export function expandHome(call: CommandCall, path: string): string {
  if (path !== "~" && !path.startsWith("~/")) {
    return path;
  }
  const home = call.run.environment.get("HOME");
  if (home === undefined) {
    throw call.fail("HOME is not set in the script's environment");
  }
  return home + path.slice(1);
}
