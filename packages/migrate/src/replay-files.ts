import type { Shape } from "@pg-mig/catalog";
import { loadMigrationScripts, type MigrationDirectory, nodeFileSystem } from "@pg-mig/migrations";
import { onScratchStage } from "./on-scratch-stage.js";
import { refuseShellCommandsOf } from "./refuse-shell-commands.js";
import type { ScratchOptions } from "./scratch-use.js";

export interface ReplayOptions extends ScratchOptions {
  readonly directory: MigrationDirectory;
  /** Which shapes are wanted: by prefix, after which versions; `undefined`: before the first. */
  readonly wanted: ReadonlyMap<string, ReadonlySet<string | undefined>>;
}

/** What the files make. */
export interface ReplayedShapes {
  /** The major version of the server on which they ran. */
  readonly major: number;
  /** By prefix and version. */
  readonly shapes: ReadonlyMap<string, ReadonlyMap<string | undefined, Shape>>;
}

/**
 * Runs the files of the directory from nothing on a scratch database, in the order of all versions and as
 * far as it takes, and reads the wanted shapes on the way: before.sql first, after.sql last if all
 * versions ran.
 *
 * @throws PgMigError as `rehearse`, and the error of a version that fails.
 */
export async function replayFiles(options: ReplayOptions): Promise<ReplayedShapes> {
  const { directory, wanted } = options;
  const isWanted = ({ name, prefix }: { readonly name: string; readonly prefix: string }) =>
    wanted.get(prefix)?.has(name) === true;
  const needed = directory.versions.slice(0, directory.versions.findLastIndex(isWanted) + 1);
  const names = needed.map(({ name }) => name);
  const scripts = await loadMigrationScripts(directory, {
    ...{ fs: nodeFileSystem, versions: names, directions: ["up"] },
  });
  if (options.allowShell !== true) {
    refuseShellCommandsOf(scripts);
  }
  return onScratchStage("Running the files", options, async (stage) => {
    const shapes = new Map<string, Map<string | undefined, Shape>>();
    const latest = new Map<string, string | undefined>();
    const read = async (prefix: string, version: string | undefined) => {
      const shard = await stage.shardOf(prefix);
      if (shard !== undefined) {
        const known = shapes.get(prefix) ?? new Map<string | undefined, Shape>();
        shapes.set(prefix, known.set(version, await shard.shape()));
      }
    };
    await stage.runHook(scripts.before);
    for (const [prefix, versions] of wanted) {
      if (versions.has(undefined)) {
        await read(prefix, undefined);
      }
    }
    for (const { name, prefix } of needed) {
      const file = scripts.up.get(name);
      if (file !== undefined) {
        await (await stage.shardOf(prefix))?.replay(file);
        latest.set(prefix, name);
      }
      if (isWanted({ name, prefix })) {
        await read(prefix, name);
      }
    }
    if (scripts.after !== undefined && needed.length === directory.versions.length) {
      await stage.runHook(scripts.after);
      for (const [prefix, version] of latest) {
        if (wanted.get(prefix)?.has(version)) {
          await read(prefix, version);
        }
      }
    }
    return { major: stage.major, shapes };
  });
}
