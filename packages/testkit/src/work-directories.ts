import { chown, lstat, mkdir, mkdtemp, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isOpenToEveryone } from "./reachable-path.js";
import type { ServerUser } from "./server-user.js";

/** What Linux has in memory lies here. */
const memoryDirectory = "/dev/shm";

/** For several clusters at a time: a node takes about 100 MB. Containers often have only 64 MB there. */
const neededMemory = 4 * 1024 ** 3;

/**
 * Makes the directory of one cluster; in `memory`, if the machine has room there and `TMPDIR` names no other
 * place: databases are made and dropped in half the time. Its path is short on purpose: sockets lie in it, and
 * a path to a socket may have about 100 characters.
 */
export async function makeClusterDirectory(
  user: ServerUser | undefined,
  place: "memory" | "disk",
): Promise<string> {
  const inMemory = place === "memory" && process.env.TMPDIR === undefined && (await hasMemory());
  const base = inMemory ? memoryDirectory : await baseDirectory(user);
  const directory = await mkdtemp(join(base, "pgkit-"));
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

async function hasMemory(): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(memoryDirectory);
    return bavail * bsize >= neededMemory && (await isOpenToEveryone(memoryDirectory));
  } catch {
    return false;
  }
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
