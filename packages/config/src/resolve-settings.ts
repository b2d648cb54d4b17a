import { refuseConfigsOfStrangers } from "./config-file-trust.js";
import type { Action } from "./config-types.js";
import { findConfigFiles } from "./find-config-files.js";
import { loadConfigFile } from "./load-config-file.js";
import { mergeSettings } from "./merge-settings.js";
import { type ReadService, withServiceLayer } from "./service-layer.js";
import type { OsDefaults } from "./setting-definition.js";
import type { Flags, Settings } from "./settings.js";

export interface ResolveSettingsOptions {
  readonly flags: Flags;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** An absolute path: relative paths count from here, and config files are looked for from here up. */
  readonly cwd: string;
  /** Whether servers will be connected to. @default true */
  readonly connects?: boolean | undefined;
  /** What config functions are called with. */
  readonly action: Action;
  /** How a service of libpq is read; without it, none can be named. */
  readonly readService?: ReadService | undefined;
  /** `os.userInfo().username`, `os.homedir()` and `process.geteuid()`. */
  readonly os: OsDefaults;
}

/**
 * Finds and runs the config files, and takes each setting from its strongest source: command line,
 * nearest config file, environment, default. Connects to nothing and prints nothing.
 *
 * Config files run one after the other, the outermost first. None runs if one in a parent folder is
 * somebody else's, or somebody else may write it.
 *
 * @throws PgMigError `CONFIG_NOT_TRUSTED`, `CONFIG_FAILED`, `SETTING_INVALID`, `SETTING_UNSUPPORTED`, `MIGDIR_MISSING`.
 */
export async function resolveSettings(options: ResolveSettingsOptions): Promise<Settings> {
  const { flags, env, cwd, action, os, connects } = options;
  const files = flags.skipConfig === true ? [] : findConfigFiles(cwd);
  refuseConfigsOfStrangers(files, { cwd, uid: os.uid });
  const layers = [];
  for (const path of files) {
    layers.push(await loadConfigFile(path, action));
  }
  const { readService } = options;
  const all =
    connects === false || readService === undefined
      ? layers
      : await withServiceLayer({ layers, env }, { home: os.home, readService });
  return mergeSettings({ flags, layers: all, env, cwd, os, connects });
}
