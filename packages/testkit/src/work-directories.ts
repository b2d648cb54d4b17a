import { chown, lstat, mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isOpenToEveryone } from "./reachable-path.js";
import type { ServerUser } from "./server-user.js";

/**
 * Makes the directory of one cluster. Its path is short on purpose: sockets lie in it, and a path
 * to a socket may have about 100 characters.
 */
export async function makeClusterDirectory(user: ServerUser | undefined): Promise<string> {
  const directory = await mkdtemp(join(await baseDirectory(user), "pgkit-"));
  if (user !== undefined) {
    await chown(directory, user.uid, user.gid);
  }
  return directory;
}

/**
 * The directory that this machine's user keeps templates in, made if need be; undefined where its
 * name is taken by somebody else's directory, which is not to be trusted.
 */
export async function sharedCacheDirectory(
  user: ServerUser | undefined,
): Promise<string | undefined> {
  const uid = user?.uid ?? process.getuid?.() ?? 0;
  const directory = join(await baseDirectory(user), `pg-mig-testkit-${uid}`);
  await mkdir(directory, { mode: 0o700, recursive: true });
  if (user !== undefined) {
    await chownNew(directory, user);
  }
  const found = await lstat(directory);
  return found.isDirectory() && found.uid === uid ? directory : undefined;
}

/** Hands a directory that root has just made to the servers' user. */
async function chownNew(directory: string, user: ServerUser): Promise<void> {
  const { uid } = await lstat(directory);
  if (uid === 0) {
    await chown(directory, user.uid, user.gid);
  }
}

async function baseDirectory(user: ServerUser | undefined): Promise<string> {
  return user === undefined || (await isOpenToEveryone(tmpdir())) ? tmpdir() : "/tmp";
}
