import { isInclude, loadScript } from "@pg-mig/psql-script";
import type { FileReader } from "./file-system.js";
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
import { inBatches, readOrProblem, selectNames } from "./read-files.js";
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
