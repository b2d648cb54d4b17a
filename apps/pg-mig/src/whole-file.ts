import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { access, lstat, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Finds out beforehand whether a file could be written. A place that is no regular file, such as a symbolic
 * link or /dev/null, is refused: the file would replace it. Rejects with the reason.
 */
export async function refusePlace(path: string): Promise<void> {
  const found = await lstat(path).catch(ifMissing);
  if (found?.isFile() === false) {
    throw new Error(`it is ${kindOf(found)}`);
  }
  await access(dirname(path), constants.W_OK);
}

/**
 * Writes a file: it is the old one or the new one, never half of it. It is for its owner's eyes alone
 * (mode 0600). A symbolic link that was put there meanwhile is replaced, and never followed.
 */
export async function writeWholeFile(path: string, text: string): Promise<void> {
  const fresh = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    await writeFile(fresh, text, { flag: "wx", mode: 0o600 });
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => {});
    throw error;
  }
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") {
    throw error;
  }
}

function kindOf(found: Stats): string {
  if (found.isSymbolicLink()) {
    return "a symbolic link";
  }
  return found.isDirectory() ? "a directory" : "no regular file";
}
