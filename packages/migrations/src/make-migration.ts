import { PgMigError } from "@pg-mig/model";
import { writeChainFile } from "./chain-file.js";
import { type FileWriter, type MigrationFileSystem, systemErrorCode } from "./file-system.js";
import { migrationFilePath, readMigrationDirectory } from "./migration-directory.js";
import { type NewVersion, planNewVersion } from "./new-version.js";

export interface MakeMigrationOptions {
  /** `title@prefix`. */
  readonly target: string;
  /** The present time. */
  readonly now: Date;
  readonly fs: MigrationFileSystem;
}

/** What was made. */
export interface MadeMigration extends NewVersion {
  /** Paths of the two empty files, the up file first. */
  readonly files: readonly [up: string, down: string];
  readonly chainFile: string;
}

/**
 * Makes the two empty files of a new version and adds it to chain.txt. A file that is there already
 * is never overwritten: where either exists, neither is left behind.
 *
 * @throws PgMigError `MIGRATION_FILE_EXISTS`; what `planNewVersion` and `readMigrationDirectory`
 * throw (an empty directory is fine).
 */
export async function makeMigration(
  path: string,
  { target, now, fs }: MakeMigrationOptions,
): Promise<MadeMigration> {
  const directory = await readMigrationDirectory(path, fs, { empty: "allow" });
  const made = planNewVersion({ target, now, versions: directory.versions });
  const up = migrationFilePath(directory, made.version.name, "up");
  const down = migrationFilePath(directory, made.version.name, "down");
  await createEmpty(up, fs);
  try {
    await createEmpty(down, fs);
  } catch (error) {
    await fs.removeFile(up);
    throw error;
  }
  const versions = [...directory.versions, made.version];
  const chainFile = await writeChainFile({ path, versions }, fs);
  return { ...made, files: [up, down], chainFile };
}

async function createEmpty(file: string, fs: FileWriter): Promise<void> {
  try {
    await fs.createFile(file, "");
  } catch (error) {
    if (systemErrorCode(error) !== "EEXIST") {
      throw error;
    }
    throw new PgMigError(`The file ${file} exists already.`, {
      code: "MIGRATION_FILE_EXISTS",
      hint: "Someone made it at this very moment: run the command again.",
      where: { file },
      cause: error,
    });
  }
}
