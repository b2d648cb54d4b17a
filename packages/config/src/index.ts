export type {
  Action,
  ConfigLayer,
  DiscoveryEntry,
  PgMigConfig,
  PgMigConfigExport,
} from "./config-types.js";
export { defineConfig } from "./config-types.js";
export { findConfigFiles } from "./find-config-files.js";
export { importModule } from "./import-module.js";
export { loadConfigFile } from "./load-config-file.js";
export type { MergeSettingsOptions, OsDefaults } from "./merge-settings.js";
export { mergeSettings } from "./merge-settings.js";
export type { ResolveSettingsOptions } from "./resolve-settings.js";
export { resolveSettings } from "./resolve-settings.js";
export type { SettingSource } from "./setting-source.js";
export { renderSource } from "./setting-source.js";
export type {
  DiscoverySetting,
  Flags,
  SettingName,
  Settings,
  SettingValues,
  SslModeSetting,
} from "./settings.js";
