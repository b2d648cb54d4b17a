import { isInclude, loadScript } from "@pg-mig/psql-script";
import { checksumOf, sha256 } from "./checksum.js";
import { type FileReader, systemErrorCode } from "./file-system.js";
import { type MigrationDirectory, migrationFilePath } from "./migration-directory.js";
import {
  type CheckedScript,
  type CheckResult,
  checkContent,
  contentOf,
  type FileContent,
  type MigrationScript,
  scriptProblems,
} from "./migration-script.js";
import { type FileProblem, problemsError } from "./problems-error.js";
import type { Direction } from "./version.js";

export interface LoadMigrationScriptsOptions {
  readonly fs: FileReader;
  /** The versions whose files are read. @default all of the directory */
  readonly versions?: readonly string[];
  /** Which of their files are read. @default both */
  readonly directions?: readonly Direction[];
}

/** The files of a migration directory, read and checked. */
export interface MigrationScripts {
  /** By the names of the versions, in the order of the directory. */
  readonly up: ReadonlyMap<string, MigrationScript>;
  readonly down: ReadonlyMap<string, MigrationScript>;
  readonly before: CheckedScript | undefined;
  readonly after: CheckedScript | undefined;
}

interface MigrationFile {
  readonly file: string;
  readonly kind: "version";
  readonly version: string;
  readonly direction: Direction;
}

/** How many files are open at a time. */
const batch = 32;

/**
 * Reads and checks the files of versions, and before.sql and after.sql where there are such.
 *
 * @throws PgMigError `MIGRATION_FILE_INVALID`: all that is wrong with any of the files, in `problems`.
 */
export async function loadMigrationScripts(
  directory: MigrationDirectory,
  { fs, versions, directions = ["up", "down"] }: LoadMigrationScriptsOptions,
): Promise<MigrationScripts> {
  const names = selectNames(directory, versions);
  const files = directions.flatMap((direction) =>
    names.map((version): MigrationFile => {
      const file = migrationFilePath(directory, version, direction);
      return { file, kind: "version", version, direction };
    }),
  );
  const problems: FileProblem[] = [];
  const load = async (source: { readonly file: string; readonly kind: "version" | "hook" }) => {
    const content = await readContent(source.file, fs);
    const result = "text" in content ? checkContent(content, source) : { problems: [content] };
    const complete = "checked" in result ? await withIncludes(result.checked, fs) : result;
    if ("checked" in complete) {
      return complete.checked;
    }
    problems.push(...complete.problems);
    return undefined;
  };
  const loadHook = (file: string | undefined) =>
    file === undefined ? undefined : load({ file, kind: "hook" });

  const checked = await inBatches(files, load);
  const before = await loadHook(directory.before);
  const after = await loadHook(directory.after);
  const [first, ...rest] = problems;
  if (first !== undefined) {
    throw problemsError("MIGRATION_FILE_INVALID", [first, ...rest]);
  }
  const select = (wantedDirection: Direction) =>
    new Map(
      files.flatMap(({ version, direction }, index) => {
        const script = checked[index];
        if (script === undefined || direction !== wantedDirection) {
          return [];
        }
        return [[version, { ...script, version, direction }]];
      }),
    );
  return { up: select("up"), down: select("down"), before, after };
}

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

function selectNames(
  directory: MigrationDirectory,
  versions: readonly string[] | undefined,
): readonly string[] {
  const names = directory.versions.map(({ name }) => name);
  if (versions === undefined) {
    return names;
  }
  const wanted = new Set(versions);
  return names.filter((name) => wanted.has(name));
}

/** Reads the files that a script includes, so that they are read once, and found bad beforehand. */
async function withIncludes(checked: CheckedScript, fs: FileReader): Promise<CheckResult> {
  const { script } = checked;
  if (!script.commands.some(isInclude)) {
    return { checked };
  }
  try {
    const readFile = (path: string) => fs.readFile(path);
    return { checked: { ...checked, script: await loadScript(script.file, { readFile }) } };
  } catch (error) {
    return { problems: scriptProblems(error, script.file) };
  }
}

/** Reads and decodes a file, and keeps no bytes: a dump has many. */
async function readContent(file: string, fs: FileReader): Promise<FileContent | FileProblem> {
  const bytes = await readOrProblem(file, fs);
  return bytes instanceof Uint8Array ? contentOf(bytes) : bytes;
}

async function readOrProblem(file: string, fs: FileReader): Promise<Uint8Array | FileProblem> {
  try {
    return await fs.readFile(file);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) {
      throw error;
    }
    return {
      message: `the file cannot be read (${code})`,
      hint: "Check that it is there and may be read.",
      where: { file },
    };
  }
}

/** Does the work on every item, some at a time; gives the results in the order of the items. */
async function inBatches<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += batch) {
    results.push(...(await Promise.all(items.slice(start, start + batch).map(work))));
  }
  return results;
}
