import { join } from "node:path";
import { isPgMigError, PgMigError } from "@pg-mig/model";
import {
  type DirectoryEntry,
  type DirectoryReader,
  type MigrationFileSystem,
  systemErrorCode,
} from "./file-system.js";
import { makeMigration } from "./make-migration.js";
import { readDirectoryEntries } from "./migration-directory.js";
import { notWritten } from "./not-written.js";
import { shardsTemplate } from "./version-template.js";

export interface InitProjectOptions {
  /** The folder of the project, which exists. */
  readonly folder: string;
  readonly migrationDirectory: string;
  /** The config file: its name in the folder, and what it says. */
  readonly config: { readonly name: string; readonly text: string };
  /** The present time. */
  readonly now: Date;
  readonly fs: MigrationFileSystem;
}

/**
 * Writes what a new project starts with: a config file, the migration directory, and a first version that
 * makes ten shards on each node. Gives the paths of the files. If there is a config file of any kind, or
 * anything in the directory, it writes nothing.
 *
 * @throws PgMigError `PROJECT_EXISTS`; what `makeMigration` throws
 */
export async function initProject({
  folder,
  migrationDirectory,
  config,
  now,
  fs,
}: InitProjectOptions): Promise<readonly string[]> {
  const there = (await fs.readDirectory(folder)).find(({ name }) =>
    /^pg-mig\.config\.[mc]?[jt]s$/.test(name),
  );
  if (there !== undefined) {
    throw projectExists(join(folder, there.name));
  }
  if ((await entriesOf(migrationDirectory, fs)).length > 0) {
    throw projectExists(migrationDirectory);
  }
  const configFile = join(folder, config.name);
  try {
    await fs.createFile(configFile, config.text);
  } catch (error) {
    throw systemErrorCode(error) === "EEXIST"
      ? projectExists(configFile)
      : notWritten(configFile, error);
  }
  const made = await makeMigration(migrationDirectory, {
    target: "shards@public",
    now,
    fs,
    texts: shardsTemplate,
  });
  return [configFile, ...made.files, made.chainFile];
}

async function entriesOf(path: string, fs: DirectoryReader): Promise<readonly DirectoryEntry[]> {
  try {
    return await readDirectoryEntries(path, fs);
  } catch (error) {
    if (isPgMigError(error) && error.code === "MIGRATION_DIRECTORY_MISSING") {
      return [];
    }
    throw error;
  }
}

function projectExists(path: string): PgMigError {
  return new PgMigError(`There is a project already: ${path}.`, {
    code: "PROJECT_EXISTS",
    hint: "Nothing was written. Go on with that project, or start in another folder.",
    where: { file: path },
  });
}
