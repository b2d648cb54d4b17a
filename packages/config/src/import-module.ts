import { existsSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * Imports a JavaScript file natively, or a TypeScript file by way of jiti, and gives all that it
 * exports. TypeScript needs nothing installed; its compiler is loaded only for a TypeScript file.
 */
export async function importFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  if (/\.[mc]?ts$/.test(path)) {
    return exportsOf(await (await jitiFor(path)).import(path));
  }
  const module = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
  // An ES module that was compiled to CommonJS has all its exports in `default`.
  const { default: exported } = module;
  return isCompiled(exported) ? exported : module;
}

/**
 * Imports what a user names by one text: a file, by its path from a folder, or a package that is
 * installed there. A text that starts with "." or "/", or names a file that is there, is a path.
 */
export async function importModule(
  specifier: string,
  { folder }: { readonly folder: string },
): Promise<Readonly<Record<string, unknown>>> {
  const path = resolve(folder, specifier);
  const isPath = /^\.{0,2}\//.test(specifier) || (extname(path) !== "" && existsSync(path));
  if (isPath) {
    return importFile(path);
  }
  const jiti = await jitiFor(join(folder, "package.json"));
  return importFile(fileURLToPath(jiti.esmResolve(specifier)));
}

async function jitiFor(path: string) {
  const { createJiti } = await import("jiti");
  // No cache: its folder may be one that anybody can write to, and the files are small.
  return createJiti(path, { fsCache: false, interopDefault: false });
}

/** jiti compiles ES modules to CommonJS; what is none has but one export, `module.exports`. */
function exportsOf(exported: unknown): Readonly<Record<string, unknown>> {
  return isCompiled(exported) ? exported : { default: exported };
}

function isCompiled(exported: unknown): exported is Readonly<Record<string, unknown>> {
  return (
    typeof exported === "object" &&
    exported !== null &&
    "__esModule" in exported &&
    exported.__esModule === true
  );
}
