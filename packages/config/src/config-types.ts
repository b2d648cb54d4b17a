/** What pg-mig is asked to do; a config function is called with it. */
export type Action = "apply" | "undo" | "make" | "chain" | "list" | "digest";

/**
 * What a config file may hold. The keys are the names of the environment variables; any other
 * string, number or boolean is there for migration files to read.
 */
export interface PgMigConfig {
  /** The nodes, as in `--hosts`, or a list of such. */
  readonly PGHOST?: string | readonly string[] | undefined;
  readonly PGPORT?: number | string | undefined;
  readonly PGUSER?: string | undefined;
  readonly PGPASSWORD?: string | undefined;
  readonly PGDATABASE?: string | undefined;
  readonly PGSSLMODE?: string | undefined;
  /** The migration directory; a relative path counts from the working directory. */
  readonly PGMIGDIR?: string | undefined;
  /** Make missing databases before applying. */
  readonly PGCREATEDB?: boolean | number | string | undefined;
  /** The longest that a version waits for a lock: `500ms`, `2s`; a number is milliseconds. */
  readonly lockTimeout?: string | number | undefined;
  /** For how long a version that did not get its locks is tried again: `10m`. */
  readonly retryFor?: string | number | undefined;
  /** How long to wait for another run: `10m`, or `true` for as long as it takes. */
  readonly wait?: string | number | boolean | undefined;
  /** Work through a pooler in transaction mode. */
  readonly allowPooler?: boolean | undefined;
  /** Called once after a fully successful apply. */
  readonly after?: (() => unknown) | undefined;
  /** Where the nodes come from, instead of `PGHOST`. */
  readonly discovery?: DiscoveryEntry | readonly DiscoveryEntry[] | undefined;
  readonly [key: string]: unknown;
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

/** Gives a config file its types; returns what it is given. */
export function defineConfig<Config extends PgMigConfigExport>(config: Config): Config {
  return config;
}

/** A config file that was found and evaluated. */
export interface ConfigLayer {
  readonly path: string;
  readonly config: Readonly<Record<string, unknown>>;
}
