import { mkdtemp, realpath, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "./run-program.js";

/** What Linux has in memory lies here. */
const memoryFolder = "/dev/shm";

/** For the projects of several test files at a time: one takes about 100 MB. Containers often have 64 MB. */
const neededMemory = 4 * 1024 ** 3;

/**
 * Makes the folder of some projects: in memory, if there is room and `TMPDIR` names no other place. What npm
 * installs is thousands of small files; to write them to a disk takes longer than all else that it does.
 */
export async function makeProjectsFolder(): Promise<string> {
  if (process.env.TMPDIR === undefined && (await hasMemory())) {
    const folder = await mkdtemp(join(memoryFolder, "pg-mig-packaging-"));
    if (await runsPrograms(folder)) {
      return folder;
    }
    await rm(folder, { recursive: true });
  }
  return realpath(await mkdtemp(join(tmpdir(), "pg-mig-packaging-")));
}

async function hasMemory(): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(memoryFolder);
    return bavail * bsize >= neededMemory;
  } catch {
    return false;
  }
}

/** Containers often mount it so that no program in it can be run. */
async function runsPrograms(folder: string): Promise<boolean> {
  const program = join(folder, "program");
  await writeFile(program, "#!/bin/sh\n", { mode: 0o755 });
  try {
    await runProgram(program, [], { cwd: folder });
    return true;
  } catch {
    return false;
  } finally {
    await rm(program);
  }
}
