import { stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Tells whether every user of the machine may enter a directory, by the permissions of it and of
 * all that it lies in. `/root/project` is the usual place that the servers' user cannot enter.
 */
export async function isOpenToEveryone(directory: string): Promise<boolean> {
  const { mode } = await stat(directory);
  if ((mode & 0o005) !== 0o005) {
    return false;
  }
  const parent = dirname(directory);
  return parent === directory || isOpenToEveryone(parent);
}
