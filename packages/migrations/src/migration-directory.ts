import { join } from "node:path";
import { isPgMigError, PgMigError } from "@pg-mig/model";
import { type DirectoryEntry, type DirectoryReader, systemErrorCode } from "./file-system.js";
import { type FileProblem, problemsError } from "./problems-error.js";
import { describeStrayFile, isStrayFile, specialFiles } from "./stray-file.js";
import {
  compareVersions,
  type Direction,
  migrationFileName,
  parseMigrationFileName,
  type Version,
} from "./version.js";

/** What the names in a migration directory say. */
export interface MigrationDirectory {
  readonly path: string;
  /** In the order of `compareVersions`. */
  readonly versions: readonly Version[];
  /** The path of `before.sql`, where there is one. */
  readonly before: string | undefined;
  /** The path of `after.sql`, where there is one. */
  readonly after: string | undefined;
}

export interface ReadMigrationDirectoryOptions {
  /**
   * What to do where the directory holds no version: `refuse` it, since it is most likely the wrong
   * directory, or `allow` it, as the first `--make` and the digest of nothing need it.
   * @default "refuse"
   */
  readonly empty?: "refuse" | "allow";
}

/**
 * Reads the names in a migration directory; opens no file. Folders, and files that do not end in
 * `.sql`, are ignored.
 *
 * @throws PgMigError `MIGRATION_DIRECTORY_INVALID`: stray `.sql` files, up files without dn file and
 * the reverse, all of them in `problems`; `MIGRATION_DIRECTORY_MISSING`, `MIGRATION_DIRECTORY_NOT_A_DIRECTORY`,
 * `MIGRATION_DIRECTORY_UNREADABLE`, `MIGRATION_DIRECTORY_EMPTY`.
 */
export async function readMigrationDirectory(
  path: string,
  fs: DirectoryReader,
  options: ReadMigrationDirectoryOptions = {},
): Promise<MigrationDirectory> {
  const entries = await readDirectoryEntries(path, fs);
  const names = entries.filter(({ kind }) => kind !== "directory").map(({ name }) => name);
  const versions = pairUp(path, names);
  if (versions.length === 0 && (options.empty ?? "refuse") === "refuse") {
    throw new PgMigError(`There are no migrations in the directory ${path}.`, {
      code: "MIGRATION_DIRECTORY_EMPTY",
      hint: "Check the setting `migdir`, or make the first version, title@prefix, with the action `make`.",
      where: { file: path },
    });
  }
  const special = (name: string) => (names.includes(name) ? join(path, name) : undefined);
  return {
    path,
    versions,
    before: special(specialFiles.before),
    after: special(specialFiles.after),
  };
}

/** Reads a directory that is about to be written to: it may hold no version, or not exist yet. */
export async function readDirectoryToBe(
  path: string,
  fs: DirectoryReader,
): Promise<MigrationDirectory> {
  try {
    return await readMigrationDirectory(path, fs, { empty: "allow" });
  } catch (error) {
    if (isPgMigError(error) && error.code === "MIGRATION_DIRECTORY_MISSING") {
      return { path, versions: [], before: undefined, after: undefined };
    }
    throw error;
  }
}

/** Gives the path of a version's file. */
export function migrationFilePath(
  directory: Pick<MigrationDirectory, "path">,
  version: string,
  direction: Direction,
): string {
  return join(directory.path, migrationFileName(version, direction));
}

function pairUp(path: string, names: readonly string[]): readonly Version[] {
  const files = names.flatMap((name) => parseMigrationFileName(name) ?? []);
  const present = new Set(names);
  const problems: FileProblem[] = names.filter(isStrayFile).map((name) => ({
    ...describeStrayFile(name),
    where: { file: join(path, name) },
  }));
  for (const { version, direction } of files) {
    const twin = migrationFileName(version.name, direction === "up" ? "down" : "up");
    if (present.has(twin)) {
      continue;
    }
    problems.push({
      where: { file: migrationFilePath({ path }, version.name, direction) },
      message: `its ${direction === "up" ? "dn" : "up"} file is missing`,
      hint:
        direction === "up"
          ? `Add ${twin}: what undoes the version (SELECT 1; if there is nothing to undo).`
          : `Add ${twin}, or delete the dn file.`,
    });
  }
  const [first, ...rest] = problems;
  if (first !== undefined) {
    throw problemsError("MIGRATION_DIRECTORY_INVALID", [first, ...rest]);
  }
  return files
    .filter(({ direction }) => direction === "up")
    .map(({ version }) => version)
    .sort((a, b) => compareVersions(a.name, b.name));
}

/** What a migration directory holds, whatever it is. @throws PgMigError as {@link readMigrationDirectory} */
export async function readDirectoryEntries(
  path: string,
  fs: DirectoryReader,
): Promise<readonly DirectoryEntry[]> {
  try {
    return await fs.readDirectory(path);
  } catch (error) {
    const options = {
      hint: "Say in the setting `migdir` where the migration files are.",
      where: { file: path },
      cause: error,
    };
    switch (systemErrorCode(error)) {
      case "ENOENT":
        throw new PgMigError(`The migration directory ${path} does not exist.`, {
          code: "MIGRATION_DIRECTORY_MISSING",
          ...options,
        });
      case "ENOTDIR":
        throw new PgMigError(`The migration directory ${path} is not a directory.`, {
          code: "MIGRATION_DIRECTORY_NOT_A_DIRECTORY",
          ...options,
        });
      case undefined:
        throw error;
      default:
        throw new PgMigError(
          `The migration directory ${path} cannot be read (${systemErrorCode(error)}).`,
          {
            ...options,
            code: "MIGRATION_DIRECTORY_UNREADABLE",
            hint: "Check its permissions.",
          },
        );
    }
  }
}
