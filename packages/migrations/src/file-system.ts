/** An entry of a directory, links followed. */
export interface DirectoryEntry {
  readonly name: string;
  readonly kind: "file" | "directory" | "other";
}

/** What reads the names in a directory. A failure carries Node's `code`, such as `ENOENT`. */
export interface DirectoryReader {
  readDirectory(path: string): Promise<readonly DirectoryEntry[]>;
}

/** What reads files. */
export interface FileReader {
  readFile(path: string): Promise<Uint8Array>;
}

/** What writes files. */
export interface FileWriter {
  /** Makes a directory and those above it, as far as they are missing. */
  createDirectory(path: string): Promise<void>;
  /** Writes a file that is not there yet; fails with code `EEXIST`, and changes nothing, where it is. */
  createFile(path: string, text: string): Promise<void>;
  /** Writes a file, over the one that may be there. */
  replaceFile(path: string, text: string): Promise<void>;
  removeFile(path: string): Promise<void>;
}

/** Everything that this package ever asks of a file system. */
export interface MigrationFileSystem extends DirectoryReader, FileReader, FileWriter {}

/** Node's word for why a call of the file system failed, such as `ENOENT`. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}
