import { type FileReader, systemErrorCode } from "./file-system.js";
import type { MigrationDirectory } from "./migration-directory.js";
import type { FileProblem } from "./problems-error.js";

/** How many files are open at a time. */
const batch = 32;

/** The names of these versions, as far as the directory has them; without any, of all. In its order. */
export function selectNames(
  directory: MigrationDirectory,
  versions: readonly string[] | undefined,
): readonly string[] {
  const names = directory.versions.map(({ name }) => name);
  if (versions === undefined) {
    return names;
  }
  const wanted = new Set(versions);
  return names.filter((name) => wanted.has(name));
}

/** Reads a file, or tells why it cannot be read. */
export async function readOrProblem(
  file: string,
  fs: FileReader,
): Promise<Uint8Array | FileProblem> {
  try {
    return await fs.readFile(file);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) {
      throw error;
    }
    return {
      message: `the file cannot be read (${code})`,
      hint: "Check that it is there and may be read.",
      where: { file },
    };
  }
}

/** Does the work on every item, some at a time; gives the results in the order of the items. */
export async function inBatches<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += batch) {
    results.push(...(await Promise.all(items.slice(start, start + batch).map(work))));
  }
  return results;
}
