import { chown, mkdtemp, rename, rm, stat } from "node:fs/promises";
import type { ServerUser } from "./server-user.js";

/**
 * Makes a directory, unless it is there already. Several processes may do so at once: each makes it
 * beside its place and moves it there whole; the first one wins.
 */
export async function makeOnce(
  place: string,
  user: ServerUser | undefined,
  fill: (draft: string) => Promise<void>,
): Promise<void> {
  if (await exists(place)) {
    return;
  }
  const draft = await mkdtemp(`${place}.`);
  try {
    if (user !== undefined) {
      await chown(draft, user.uid, user.gid);
    }
    await fill(draft);
    await rename(draft, place);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Somebody else was faster: the directory that is there already is as good as ours.
    if (!(await exists(place))) {
      throw error;
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
