export type { ConfigLayer } from "./config-layer.js";
export { configSchema } from "./config-schema.js";
export type {
  Action,
  ConfiguredObserver,
  DiscoveryEntry,
  PgMigConfig,
  PgMigConfigExport,
} from "./config-types.js";
export { defineConfig } from "./config-types.js";
export { findConfigFiles } from "./find-config-files.js";
export { importModule } from "./import-module.js";
export { loadConfigFile } from "./load-config-file.js";
export type { MergeSettingsOptions } from "./merge-settings.js";
export { mergeSettings } from "./merge-settings.js";
export type { ResolveSettingsOptions } from "./resolve-settings.js";
export { resolveSettings } from "./resolve-settings.js";
export type { ReadService } from "./service-layer.js";
export { withServiceLayer } from "./service-layer.js";
export type { OptionGroup, OsDefaults, SettingDefinition } from "./setting-definition.js";
export { configKey, flagName, optionName } from "./setting-definition.js";
export type { SettingSource } from "./setting-source.js";
export { renderSource } from "./setting-source.js";
export type { SettingName } from "./setting-table.js";
export { settingDefinitions, settingTable } from "./setting-table.js";
export type { ColorSetting, PasswordFunction, ReportFormat } from "./setting-types.js";
export type { DiscoverySetting, Flags, Settings } from "./settings.js";
