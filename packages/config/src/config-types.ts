import type { SslMode } from "@pg-mig/model";
import type { RolloutConfig } from "./rollout-setting.js";
import type { ConfigKey } from "./setting-table.js";
import type { PasswordFunction } from "./setting-types.js";
import type { ThrottleConfig } from "./throttle-setting.js";

/** What pg-mig is asked to do; a config function is called with it. */
export type Action = "apply" | "undo" | "make" | "chain" | "list" | "digest";

/** What the keys of a config file take; the table of settings says what each means. */
interface KeyTypes {
  PGHOST: string | readonly string[];
  PGPORT: number | string;
  /** A function is called for each new connection. */
  PGPASSWORD: string | PasswordFunction;
  PGCREATEDB: boolean | number | string;
  PGSSLMODE: SslMode;
  lockTimeout: string;
  retryFor: string | 0;
  wait: string | 0 | boolean;
  allowPooler: boolean;
  beside2x: boolean;
  rollout: RolloutConfig;
  throttle: ThrottleConfig;
  verify: "off" | "warn" | "fail";
  containment: "off" | "warn";
  discovery: DiscoveryEntry | readonly DiscoveryEntry[];
}

type ConfigKeys = {
  readonly [Key in ConfigKey]?: (Key extends keyof KeyTypes ? KeyTypes[Key] : string) | undefined;
};

/**
 * What a config file may hold. A key in upper case that is no setting is there for migration files to
 * read, if it is a string, a number or a boolean.
 */
export interface PgMigConfig extends ConfigKeys {
  /** Called once after a fully successful apply. */
  readonly after?: (() => unknown) | undefined;
  /** Told each event of a run: objects that fit `RunObserver` of `@pg-mig/report`. */
  readonly observers?: readonly ConfiguredObserver[] | undefined;
  readonly [key: Uppercase<string>]: unknown;
}

/** An observer as a config file gives it: structurally, a `RunObserver` of `@pg-mig/report`. */
export interface ConfiguredObserver {
  readonly name: string;
  onEvent(event: never): unknown;
}

/**
 * A discovery source of `@pg-mig/cluster`, or the name of a package, or the path of a file from the
 * config file's folder, that exports one.
 */
export type DiscoveryEntry = string | { readonly name: string; discover(context: never): unknown };

/** What a config file may export: the config, or a function that makes it. */
export type PgMigConfigExport =
  | PgMigConfig
  | ((action: Action) => PgMigConfig | Promise<PgMigConfig>);

/** Turns down the keys that are neither a setting nor in upper case. */
type Exact<Config> = Config & {
  readonly [Key in Exclude<
    keyof Config,
    keyof ConfigKeys | "after" | "observers" | Uppercase<string>
  >]: never;
};

/** Gives a config file its types; returns what it is given. */
export function defineConfig<Config extends PgMigConfig>(
  config: (action: Action) => Exact<Config> | Promise<Exact<Config>>,
): typeof config;
export function defineConfig<Config extends PgMigConfig>(config: Exact<Config>): Config;
export function defineConfig(config: PgMigConfigExport): PgMigConfigExport {
  return config;
}
