import {
  codeDigest,
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
 * Makes the two empty files of a new version, `title@prefix`, and rewrites chain.txt.
 *
 * @throws PgMigError as `makeMigration`
 */
export function make(migrationDirectory: string, target: string): Promise<MadeMigration> {
  return makeMigration(migrationDirectory, { target, now: new Date(), fs: nodeFileSystem });
}

function read(migrationDirectory: string) {
  return readMigrationDirectory(migrationDirectory, nodeFileSystem, { empty: "allow" });
}
