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
  // CommonJS, written as such or compiled from an ES module, has all its exports in `default`.
  const { default: exported } = module;
  return hasDefault(exported) ? exported : module;
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
  const own = await ownPackage();
  // No cache: its folder may be one that anybody can write to, and the files are small.
  return createJiti(path, {
    fsCache: false,
    interopDefault: false,
    ...(own === undefined ? {} : { alias: { "pg-mig": own } }),
  });
}

/**
 * The package `pg-mig` that runs. A config file imports `defineConfig` from it, also where npx has it and
 * the project has not.
 */
async function ownPackage(): Promise<string | undefined> {
  const { createRequire } = await import("node:module");
  try {
    return createRequire(import.meta.url).resolve("pg-mig");
  } catch {
    return undefined;
  }
}

/** jiti compiles ES modules to CommonJS; what is none has but one export, `module.exports`. */
function exportsOf(exported: unknown): Readonly<Record<string, unknown>> {
  return hasDefault(exported) ? exported : { default: exported };
}

/** Whether what a CommonJS file exports has a default export in it: `exports.default = …`. */
function hasDefault(exported: unknown): exported is Readonly<Record<string, unknown>> {
  if (typeof exported !== "object" || exported === null) {
    return false;
  }
  if ("__esModule" in exported && exported.__esModule === true) {
    return true;
  }
  // Written by hand, it lacks the mark. A setting named "default" is neither of these.
  const value = "default" in exported ? exported.default : undefined;
  return typeof value === "function" || (typeof value === "object" && value !== null);
}
