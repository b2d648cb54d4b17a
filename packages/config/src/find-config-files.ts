import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { PgMigError } from "@pg-mig/errors";

const names = ["ts", "mts", "cts", "js", "mjs", "cjs"].map((suffix) => `pg-mig.config.${suffix}`);

/**
 * Finds the `pg-mig.config.*` of a folder and of all its parents, the outermost first.
 *
 * @throws PgMigError `CONFIG_AMBIGUOUS` if one folder has two.
 */
export function findConfigFiles(cwd: string): string[] {
  const files: string[] = [];
  for (let folder = cwd; ; folder = dirname(folder)) {
    const [found, second] = names.map((name) => join(folder, name)).filter(isFile);
    if (found !== undefined && second !== undefined) {
      throw new PgMigError(`There are two config files in one folder: ${found} and ${second}.`, {
        code: "CONFIG_AMBIGUOUS",
        hint: "Delete one of them. If one is compiled from the other, compile it to another folder.",
      });
    }
    if (found !== undefined) files.unshift(found);
    if (dirname(folder) === folder) return files;
  }
}

// Synchronous: some dozens of these take less than a millisecond, a hundred times less than as
// many round trips through the thread pool. A parent that may not be looked into has no config.
function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  } catch {
    return false;
  }
}
