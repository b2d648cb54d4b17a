import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What Linux has in memory lies here. */
const memoryFolder = "/dev/shm";

/** One demo takes about 300 MB. Containers often have 64 MB. */
const neededMemory = 4 * 1024 ** 3;

/**
 * Makes a folder that every user may enter, for the servers of a demo: in memory, if there is room and `TMPDIR`
 * names no other place. To write their files to a disk takes as long as all else that they do.
 */
export async function makeTemporaryFolder(): Promise<string> {
  if (process.env.TMPDIR === undefined && (await hasMemory())) {
    const folder = await makeFolder(memoryFolder);
    if (await runsPrograms(folder)) {
      return folder;
    }
    await rm(folder, { recursive: true });
  }
  return makeFolder(tmpdir());
}

async function makeFolder(base: string): Promise<string> {
  const folder = await mkdtemp(join(base, "demo-"));
  await chmod(folder, 0o755);
  return folder;
}

async function hasMemory(): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(memoryFolder);
    return bavail * bsize >= neededMemory;
  } catch {
    return false;
  }
}

/** Those of PostgreSQL are copied there if the servers' user may not enter the project. */
async function runsPrograms(folder: string): Promise<boolean> {
  const program = join(folder, "program");
  await writeFile(program, "#!/bin/sh\n", { mode: 0o755 });
  const { status } = spawnSync(program);
  await rm(program);
  return status === 0;
}
