import { statSync } from "node:fs";
import { dirname, join } from "node:path";

const names = ["ts", "mts", "cts", "js", "mjs", "cjs"].map((suffix) => `pg-mig.config.${suffix}`);

/**
 * Finds the `pg-mig.config.*` of a folder and of all its parents, the outermost first. Where a folder
 * has several, the TypeScript one is meant: the others are compiled from it. pg-mig 2.x chooses so.
 */
export function findConfigFiles(cwd: string): string[] {
  const files: string[] = [];
  for (let folder = cwd; ; folder = dirname(folder)) {
    const found = names.map((name) => join(folder, name)).find(isFile);
    if (found !== undefined) {
      files.unshift(found);
    }
    if (dirname(folder) === folder) {
      return files;
    }
  }
}

// Synchronous: some dozens of these take less than a millisecond, a hundred times less than as
// many round trips through the thread pool. A parent that may not be looked into has no config.
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
