import {
  codeDigest,
  type InitProjectOptions,
  initProject,
  type MadeMigration,
  makeMigration,
  nodeFileSystem,
  readMigrationDirectory,
  type Version,
  writeChainFile,
} from "@pg-mig/migrations";

/** The versions on disk, in order. Needs no server. @throws PgMigError as `readMigrationDirectory` */
export async function listVersions(migrationDirectory: string): Promise<readonly Version[]> {
  return (await read(migrationDirectory)).versions;
}

/** The digest of the versions on disk. Needs no server. @throws PgMigError as `readMigrationDirectory` */
export async function digest(migrationDirectory: string): Promise<string> {
  return codeDigest((await read(migrationDirectory)).versions);
}

/** Brings chain.txt up to date and gives its path. @throws PgMigError as `writeChainFile` and `readMigrationDirectory` */
export async function chain(migrationDirectory: string): Promise<string> {
  return writeChainFile(await read(migrationDirectory), nodeFileSystem);
}

/**
 * Makes the two files of a new version, `title@prefix`, with comments that say what goes where, and rewrites
 * chain.txt. Makes the directory if it is missing.
 *
 * @throws PgMigError as `makeMigration`
 */
export function make(migrationDirectory: string, target: string): Promise<MadeMigration> {
  return makeMigration(migrationDirectory, { target, now: new Date(), fs: nodeFileSystem });
}

/**
 * Writes what a new project starts with: a config file, the migration directory, and a first version that
 * makes ten shards on each node. Gives the paths of the files; overwrites nothing.
 *
 * @throws PgMigError `PROJECT_EXISTS`, and then nothing is written
 */
export function init(options: Omit<InitProjectOptions, "now" | "fs">): Promise<readonly string[]> {
  return initProject({ ...options, now: new Date(), fs: nodeFileSystem });
}

function read(migrationDirectory: string) {
  return readMigrationDirectory(migrationDirectory, nodeFileSystem, { empty: "allow" });
}
