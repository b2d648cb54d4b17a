import { dirname, join, relative, resolve } from "node:path";
import { staticArgument } from "../lex/argument-reader.js";
import { ScriptError } from "../source/script-error.js";
import { isInclude, isRelativeInclude } from "./command-kind.js";
import { parseScript } from "./parse-script.js";
import type { Command, Script } from "./script.js";

/** Options of {@link loadScript}. */
export interface LoadScriptOptions {
  /** Reads a file; rejects where it cannot. */
  readonly readFile: (path: string) => Promise<Uint8Array>;
  /**
   * The directory that `\i` counts from.
   *
   * @default the directory of the script
   */
  readonly cwd?: string;
  /**
   * The script's name in positions and messages.
   *
   * @default the path as given
   */
  readonly file?: string;
  /** See `ParseScriptOptions`. */
  readonly psqlCompat?: boolean;
}

/**
 * Reads a script file, and the files that it includes as far as their names are fixed (no variables in
 * them, not inside of an `\if`, not after a `\cd`).
 *
 * @throws what `parseScript` throws, for any of the files; and
 * - `SCRIPT_ENCODING`: a file is not UTF-8;
 * - `SCRIPT_INCLUDE`: an included file cannot be read, or files include each other in a circle.
 * What `readFile` rejects with for the script itself is passed on.
 */
export async function loadScript(path: string, options: LoadScriptOptions): Promise<Script> {
  const absolute = resolve(path);
  const script = await readScriptFile(absolute, { ...options, file: options.file ?? path });
  const includes = new Map<string, Script>();
  const cwd = resolve(options.cwd ?? dirname(absolute));
  await readIncludes(script, { ...options, cwd, includes, open: [absolute] });
  return { ...script, includes };
}

interface IncludeContext extends LoadScriptOptions {
  readonly cwd: string;
  readonly includes: Map<string, Script>;
  /** The files that lead to the one that is read, by absolute name. */
  readonly open: readonly string[];
}

async function readIncludes(script: Script, context: IncludeContext): Promise<void> {
  const here = context.open.at(-1) ?? "";
  for (const command of script.commands) {
    if (command.name === "cd") {
      return;
    }
    const name = includedName(command);
    if (name === undefined || command.conditional) {
      continue;
    }
    const path = resolve(isRelativeInclude(command) ? dirname(here) : context.cwd, name);
    const failure = (message: string, cause?: unknown) =>
      new ScriptError(message, {
        code: "SCRIPT_INCLUDE",
        part: "script",
        source: script,
        offset: command.offset,
        cause,
        hint: cause === undefined ? undefined : unreadableHint(path, cause),
      });
    if (context.open.includes(path)) {
      throw failure(`${name} includes itself.`);
    }
    if (context.includes.has(path)) {
      continue;
    }
    const file = join(dirname(script.file), relative(dirname(here), path));
    const { psqlCompat } = script;
    const included = await readScriptFile(path, { ...context, file, psqlCompat }).catch(
      (error: unknown) => {
        throw error instanceof ScriptError ? error : failure(`${name} cannot be read.`, error);
      },
    );
    context.includes.set(path, included);
    await readIncludes(included, { ...context, open: [...context.open, path] });
  }
}

/** The name in an `\i` or `\ir`, where it is the same in every run. */
function includedName(command: Command): string | undefined {
  if (!isInclude(command)) {
    return undefined;
  }
  const file = staticArgument(command.arguments[0], true);
  return file === undefined || file === "" || file === "-" || file.startsWith("~")
    ? undefined
    : file;
}

/** Reads and parses one file. Rejects as `readFile` does, or with a `ScriptError`. */
export async function readScriptFile(
  path: string,
  options: Pick<LoadScriptOptions, "readFile" | "psqlCompat"> & { readonly file: string },
): Promise<Script> {
  const { file, psqlCompat = false } = options;
  const text = decodeUtf8(await options.readFile(path), file);
  return { ...parseScript(text, { file, psqlCompat }), path };
}

/** What to do about an included file that cannot be read. */
export function unreadableHint(path: string, cause: unknown): string {
  const { code, message } = cause as Partial<NodeJS.ErrnoException>;
  switch (code) {
    case "ENOENT":
      return `There is no file ${path}. Correct the name, or add the file.`;
    case "EISDIR":
      return `${path} is a directory. Name a file.`;
    case "EACCES":
      return `Allow the user who runs this to read ${path}.`;
    default:
      return `Make ${path} readable: ${message ?? String(cause)}`;
  }
}

function decodeUtf8(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const readable = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    throw new ScriptError("this is not UTF-8.", {
      code: "SCRIPT_ENCODING",
      part: "script",
      source: { file, text: readable },
      offset: readable.indexOf("\ufffd"),
      hint: "Save the file as UTF-8.",
      cause,
    });
  }
}
