import { checksumOf, sha256 } from "./checksum.js";
import type { LoadMigrationScriptsOptions } from "./load-migration-scripts.js";
import { type MigrationDirectory, migrationFilePath } from "./migration-directory.js";
import { problemsError } from "./problems-error.js";
import { inBatches, readOrProblem, selectNames } from "./read-files.js";

/** The checksums that a file may have been recorded with. */
export interface FileChecksums {
  /** As `CheckedScript.checksum`: a byte order mark, CRLF and line feeds at the end do not count. */
  readonly checksum: string;
  /** SHA-256 of the bytes as they are, in hex: what earlier releases recorded. */
  readonly ofBytes: string;
}

/**
 * Gives the checksums of the up files of versions, by version: what tells a file that was edited after
 * it was applied. The files are not checked.
 *
 * @throws PgMigError `MIGRATION_FILE_INVALID` if files cannot be read.
 */
export async function readChecksums(
  directory: MigrationDirectory,
  { fs, versions }: Pick<LoadMigrationScriptsOptions, "fs" | "versions">,
): Promise<ReadonlyMap<string, FileChecksums>> {
  const files = await inBatches(selectNames(directory, versions), async (name) => ({
    name,
    bytes: await readOrProblem(migrationFilePath(directory, name, "up"), fs),
  }));
  const [first, ...rest] = files.flatMap(({ bytes }) => (bytes instanceof Uint8Array ? [] : bytes));
  if (first !== undefined) {
    throw problemsError("MIGRATION_FILE_INVALID", [first, ...rest]);
  }
  return new Map(
    files.flatMap(({ name, bytes }) =>
      bytes instanceof Uint8Array
        ? [[name, { checksum: checksumOf(bytes), ofBytes: sha256(bytes) }]]
        : [],
    ),
  );
}
