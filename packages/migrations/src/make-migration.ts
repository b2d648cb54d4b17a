import { PgMigError } from "@pg-mig/model";
import { writeChainFile } from "./chain-file.js";
import { type FileWriter, type MigrationFileSystem, systemErrorCode } from "./file-system.js";
import { migrationFilePath, readDirectoryToBe } from "./migration-directory.js";
import { type NewVersion, planNewVersion } from "./new-version.js";
import { notWritten } from "./not-written.js";
import type { Direction, Version } from "./version.js";
import { versionTemplate } from "./version-template.js";

export interface MakeMigrationOptions {
  /** `title@prefix`. */
  readonly target: string;
  /** The present time. */
  readonly now: Date;
  readonly fs: MigrationFileSystem;
  /** What the files say. @default comments on what goes where */
  readonly texts?: ((version: Version) => Readonly<Record<Direction, string>>) | undefined;
}

/** What was made. */
export interface MadeMigration extends NewVersion {
  /** Paths of the two files, the up file first. */
  readonly files: readonly [up: string, down: string];
  readonly chainFile: string;
}

/**
 * Makes the two files of a new version, with comments that say what goes where and no statement, and
 * adds it to chain.txt. The directory is made if it is missing. Overwrites nothing: if one of
 * the two files exists, the other one is not made.
 *
 * @throws PgMigError `MIGRATION_FILE_EXISTS`, `MIGRATION_FILE_NOT_WRITTEN`; what `planNewVersion`,
 * `readMigrationDirectory` and `writeChainFile` throw (an empty directory, or none, is fine).
 */
export async function makeMigration(
  path: string,
  { target, now, fs, texts = versionTemplate }: MakeMigrationOptions,
): Promise<MadeMigration> {
  const directory = await readDirectoryToBe(path, fs);
  const made = planNewVersion({ target, now, versions: directory.versions });
  await fs.createDirectory(path).catch((error: unknown) => {
    throw notWritten(path, error);
  });
  const text = texts(made.version);
  const up = migrationFilePath(directory, made.version.name, "up");
  const down = migrationFilePath(directory, made.version.name, "down");
  await createNew(up, text.up, fs);
  try {
    await createNew(down, text.down, fs);
  } catch (error) {
    await fs.removeFile(up);
    throw error;
  }
  const versions = [...directory.versions, made.version];
  const chainFile = await writeChainFile({ path, versions }, fs);
  return { ...made, files: [up, down], chainFile };
}

async function createNew(file: string, text: string, fs: FileWriter): Promise<void> {
  try {
    await fs.createFile(file, text);
  } catch (error) {
    if (systemErrorCode(error) !== "EEXIST") {
      throw notWritten(file, error);
    }
    throw new PgMigError(`The file ${file} exists already.`, {
      code: "MIGRATION_FILE_EXISTS",
      hint: "Someone made it at this very moment: run the command again.",
      where: { file },
      cause: error,
    });
  }
}
