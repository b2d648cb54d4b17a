import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DirectoryEntry, type MigrationFileSystem, systemErrorCode } from "./file-system.js";

/** The disk, by `node:fs`. */
export const nodeFileSystem: MigrationFileSystem = {
  async readDirectory(path) {
    const names = await readdir(path);
    return Promise.all(names.map((name) => describeEntry(path, name)));
  },
  readFile: (path) => readFile(path),
  async createDirectory(path) {
    await mkdir(path, { recursive: true });
  },
  createFile: (path, text) => writeFile(path, text, { flag: "wx" }),
  replaceFile: (path, text) => writeFile(path, text),
  removeFile: (path) => rm(path),
};

async function describeEntry(directory: string, name: string): Promise<DirectoryEntry> {
  try {
    const stats = await stat(join(directory, name));
    return { name, kind: stats.isDirectory() ? "directory" : stats.isFile() ? "file" : "other" };
  } catch (error) {
    // A link that leads nowhere: reading the file, if anyone does, says so by its name.
    if (systemErrorCode(error) === "ENOENT") {
      return { name, kind: "file" };
    }
    throw error;
  }
}
