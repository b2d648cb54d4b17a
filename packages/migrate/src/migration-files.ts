import {
  type CheckedScript,
  type Direction,
  type MigrationDirectory,
  type MigrationScript,
  nodeFileSystem,
} from "@pg-mig/migrations";
import { PgMigError } from "@pg-mig/model";
import type { Script } from "@pg-mig/psql-script";

/** before.sql or after.sql. */
export interface Hook extends CheckedScript {
  readonly file: "before.sql" | "after.sql";
}

/** Something about the file of a version, up or dn, that its author should know. */
export interface FileWarning {
  readonly version: string;
  /** The path of the file. */
  readonly file: string;
  /** What that means, in one sentence. */
  readonly message: string;
}

/** The files that a run needs, each read, checked and lexed once for all shards. */
export class MigrationFiles {
  /** before.sql and after.sql, as far as they exist, in this order. */
  readonly hooks: readonly Hook[];
  readonly #directory: MigrationDirectory;
  readonly #direction: Direction;
  readonly #scripts = new Map<string, MigrationScript>();
  /** The versions whose file does nothing. */
  readonly #empty = new Set<string>();

  private constructor(directory: MigrationDirectory, direction: Direction, hooks: readonly Hook[]) {
    this.#directory = directory;
    this.#direction = direction;
    this.hooks = hooks;
  }

  /** Reads before.sql and after.sql. @throws PgMigError `MIGRATION_FILE_INVALID` */
  static async open(directory: MigrationDirectory, direction: Direction): Promise<MigrationFiles> {
    if (directory.before === undefined && directory.after === undefined) {
      return new MigrationFiles(directory, direction, []);
    }
    const { loadMigrationScripts } = await import("./load-scripts.js");
    const options = { fs: nodeFileSystem, versions: [], directions: [] };
    const { before, after } = await loadMigrationScripts(directory, options);
    return new MigrationFiles(directory, direction, [
      ...(before === undefined ? [] : [{ ...before, file: "before.sql" } as const]),
      ...(after === undefined ? [] : [{ ...after, file: "after.sql" } as const]),
    ]);
  }

  /**
   * Reads and checks the files of these versions, as far as that was not done yet.
   *
   * @throws PgMigError `MIGRATION_FILE_INVALID`: all that is wrong with any of them
   */
  async load(versions: readonly string[]): Promise<void> {
    const missing = [...new Set(versions)].filter((version) => !this.#scripts.has(version));
    if (missing.length === 0) {
      return;
    }
    const { holdsStatement, loadMigrationScripts } = await import("./load-scripts.js");
    const direction = this.#direction;
    const options = { fs: nodeFileSystem, versions: missing, directions: [direction] };
    const scripts = await loadMigrationScripts(this.#directory, options);
    for (const [version, script] of scripts[direction]) {
      this.#scripts.set(version, script);
      if (!holdsStatement(script.script)) {
        this.#empty.add(version);
      }
    }
  }

  /** The same versions, if their files are all loaded: during a run no other may come up. */
  ensureLoaded(versions: readonly string[]): readonly string[] {
    const missing = versions.find((version) => !this.#scripts.has(version));
    if (missing === undefined) {
      return versions;
    }
    throw new PgMigError(`${missing} became pending during the run.`, {
      code: "LEDGER_WENT_BACK",
      hint: "Somebody undid it meanwhile. Run pg-mig again when they are done.",
      where: { version: missing },
    });
  }

  /** All that is loaded: before.sql, after.sql and versions. */
  get scripts(): readonly Script[] {
    return [...this.hooks, ...this.#scripts.values()].map(({ script }) => script);
  }

  /** Those of these versions, all loaded, whose file does nothing, each once and in order of names; of an undo, they are refused. */
  emptyFiles(versions: readonly string[]): readonly FileWarning[] {
    return [...new Set(versions)].sort().flatMap((version) => {
      const { script } = this.get(version);
      if (!this.#empty.has(version)) {
        return [];
      }
      const message = `${script.file} holds no statement: it changes nothing, and the version counts as applied.`;
      return [{ version, file: script.file, message }];
    });
  }

  /**
   * Those of these versions, all loaded, whose file is outside of the promise of all or nothing, or is read only in part,
   * each once and in order of names.
   */
  unusualFiles(versions: readonly string[]): readonly FileWarning[] {
    return [...new Set(versions)].sort().flatMap((version) => {
      const { script, own } = this.get(version);
      const { file, quitAt } = script;
      const messages = [
        ...(own === undefined
          ? []
          : [
              `${file} begins or commits transactions itself (line ${own.position.line}): it runs as in psql, and is not all or nothing. What it has committed stays if it fails.`,
              ...own.reconnectsAt.map(
                ({ line }) =>
                  `${file} begins a new session with its \\c (line ${line}): what is not committed there is lost, and the shard is no longer the current schema.`,
              ),
            ]),
        ...(quitAt === undefined
          ? []
          : [`${file} ends at its \\q (line ${quitAt.line}): nothing after that runs.`]),
      ];
      return messages.map((message) => ({ version, file, message }));
    });
  }

  /** The file of a loaded version. */
  get(version: string): MigrationScript {
    const script = this.#scripts.get(version);
    if (script === undefined) {
      throw new Error(`The file of ${version} was not loaded.`);
    }
    return script;
  }
}
