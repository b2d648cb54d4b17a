import { dirname, join, resolve } from "node:path";
import { PgMigError } from "@pg-mig/model";
import { refuseMisspeltKeys } from "./config-keys.js";
import type { ConfigLayer } from "./config-layer.js";
import type { ConfiguredObserver } from "./config-types.js";
import { exportedVariables } from "./exported-variables.js";
import { findGiven, findWritten, type SettingPlaces } from "./find-given.js";
import { findConnectionParameters, findStartupParameters } from "./libpq-variables.js";
import { serviceFiles } from "./service-layer.js";
import type { OsDefaults } from "./setting-definition.js";
import {
  type SettingName,
  type SettingValue,
  settingDefinitions,
  settingTable,
} from "./setting-table.js";
import type { DiscoverySetting, Flags, Settings } from "./settings.js";

export interface MergeSettingsOptions extends SettingPlaces {
  readonly flags: Flags;
  /** Relative paths count from here. */
  readonly cwd: string;
  /** The defaults that come from the operating system. */
  readonly os: OsDefaults;
  /**
   * Whether servers will be connected to. If not, what libpq has and we do not is not refused.
   * @default true
   */
  readonly connects?: boolean | undefined;
}

/**
 * Takes each setting from its strongest source: command line, nearest config file, environment,
 * default. Pure.
 *
 * An empty value counts as none, wherever it is given, but that of a password's option.
 *
 * @throws PgMigError `SETTING_INVALID` naming the option, file or variable; `SETTING_UNKNOWN` for a
 * key that is nearly the name of a setting; `SETTING_UNSUPPORTED`; `MIGDIR_MISSING`.
 */
export function mergeSettings(options: MergeSettingsOptions): Settings {
  const { layers, env, cwd, os, connects = true } = options;
  const files = layers.filter(({ isService }) => isService !== true);
  refuseMisspeltKeys(files);
  const parameters = connects ? findConnectionParameters(layers, env) : {};
  const values = Object.fromEntries(
    settingDefinitions.map(([name, definition]) => {
      const given = findGiven(definition, options);
      const { default: fallback, type } = definition;
      const unset = typeof fallback === "function" ? fallback(os) : fallback;
      return [name, given === undefined ? unset : type.read(given)];
    }),
  ) as { readonly [Name in SettingName]: SettingValue<Name> };
  if (values.migdir === undefined) {
    throw new PgMigError("The migration directory is not set.", {
      code: "MIGDIR_MISSING",
      hint: "Name it with --migdir=DIR, in PGMIGDIR, or as PGMIGDIR in pg-mig.config.ts.",
    });
  }
  const settings: Settings = {
    ...values,
    password: passwordOf(values, options),
    hosts: hostsOf(values.hosts, parameters, options),
    hostsGiven:
      findGiven(settingTable.hosts, options) !== undefined || parameters.hostaddr !== undefined,
    sslMode: sslModeOf(values.sslMode, options),
    stopAt: values.stopAt ?? values.rollout?.stopAt,
    parameters,
    certificateDirectory: join(os.home, ".postgresql"),
    serviceFiles: serviceFiles(options, os.home),
    migdir: resolve(cwd, values.migdir),
    report: values.report?.map((path) => resolve(cwd, path)),
    discovery: findDiscovery(options),
    exported: exportedVariables(files),
    startupParameters: findStartupParameters(layers, env),
    after: afterHooks(files),
    observers: files.flatMap(({ config: { observers = [] } }) => observers as ConfiguredObserver[]),
  };
  // Somebody will log the settings one day.
  const secrets = settingDefinitions.filter(([, { type }]) => type.isSecret).map(([name]) => name);
  for (const name of [...secrets, "exported", "startupParameters", "parameters"]) {
    Object.defineProperty(settings, name, { enumerable: false });
  }
  return settings;
}

/** Addresses without names are one node, as in libpq, if nothing else says which nodes there are. */
function hostsOf(
  hosts: readonly string[],
  { hostaddr }: Readonly<Record<string, string>>,
  options: MergeSettingsOptions,
): readonly string[] {
  const isGiven = findGiven(settingTable.hosts, options) !== undefined;
  return isGiven || hostaddr === undefined ? hosts : [`hostaddr='${hostaddr}'`];
}

/** A command of a config file is stronger than a password of the environment. */
function passwordOf(
  { password, passwordCommand }: Pick<Settings, "password" | "passwordCommand">,
  options: MergeSettingsOptions,
): Settings["password"] {
  const given = findGiven(settingTable.password, options);
  return passwordCommand !== undefined && given?.source.kind === "env" ? undefined : password;
}

/** libpq's old variable counts where the new one is not set. */
function sslModeOf(
  mode: Settings["sslMode"],
  { layers, env, ...places }: MergeSettingsOptions,
): Settings["sslMode"] {
  const old = findWritten({ variable: "PGREQUIRESSL" }, { layers, env });
  const isGiven = findGiven(settingTable.sslMode, { layers, env, ...places }) !== undefined;
  return !isGiven && String(old?.value).startsWith("1") ? "require" : mode;
}

/** What the command line says, or else the nearest config file; the command line's hosts win, too. */
function findDiscovery(options: MergeSettingsOptions): DiscoverySetting | undefined {
  const given = findGiven(settingTable.discovery, options);
  if (given === undefined) {
    return undefined;
  }
  const { source } = given;
  if (source.kind === "file" && findGiven(settingTable.hosts, options)?.source.kind === "flag") {
    return undefined;
  }
  const folder = source.kind === "file" ? dirname(source.path) : options.cwd;
  return { entries: settingTable.discovery.type.read(given), folder, source };
}

function afterHooks(layers: readonly ConfigLayer[]): (() => unknown)[] {
  return layers.flatMap(({ config: { after } }) =>
    typeof after === "function" ? [() => after()] : [],
  );
}
