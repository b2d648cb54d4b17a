import type { SettingSource } from "./setting-source.js";

/** What pg-mig was told on its command line, as it was written. */
export interface Flags {
  readonly migdir?: string | undefined;
  readonly hosts?: string | readonly string[] | undefined;
  readonly port?: string | number | undefined;
  readonly user?: string | undefined;
  readonly pass?: string | undefined;
  readonly db?: string | undefined;
  readonly createdb?: boolean | undefined;
  readonly discovery?: string | readonly string[] | undefined;
  readonly parallelism?: string | number | undefined;
  readonly lockTimeout?: string | number | undefined;
  readonly retryFor?: string | number | undefined;
  readonly wait?: string | number | boolean | undefined;
  readonly allowPooler?: boolean | undefined;
  readonly dry?: boolean | undefined;
  readonly force?: boolean | undefined;
  readonly skipConfig?: boolean | undefined;
}

/** libpq's words for how a connection is encrypted. */
export type SslModeSetting =
  | "disable"
  | "allow"
  | "prefer"
  | "require"
  | "verify-ca"
  | "verify-full";

/** The settings whose values have a source each. */
export interface SettingValues {
  /** The migration directory, as an absolute path. */
  readonly migdir: string;
  /** Lists of nodes, not parsed yet; at least one. Not enumerable: they may hold passwords. */
  readonly hosts: readonly string[];
  readonly port: number;
  readonly user: string;
  /** Not enumerable: neither `util.inspect` nor `JSON.stringify` shows it. */
  readonly password: string | undefined;
  /** `undefined`: the database is named as the user. */
  readonly database: string | undefined;
  readonly sslMode: SslModeSetting;
  readonly sslRootCert: string | undefined;
  readonly sslCert: string | undefined;
  readonly sslKey: string | undefined;
  /** A file in the format of `~/.pgpass`, which need not exist. */
  readonly passFile: string | undefined;
  /** Make missing databases before applying. */
  readonly createDatabase: boolean;
  /** Chains in flight per node, from 1. */
  readonly parallelism: number;
  /** The longest that a version waits for a lock of a table before it is put back; from 1. */
  readonly lockTimeoutMs: number;
  /** For how long such a version is tried again. */
  readonly retryForMs: number;
  /** How long to wait for another run on the same nodes; 0: not at all. */
  readonly waitMs: number | "unlimited";
  /** Work through a pooler that shares its connections, without what needs a session. */
  readonly allowPooler: boolean;
  readonly dry: boolean;
  readonly force: boolean;
}

export type SettingName = keyof SettingValues;

/** What was said about where the nodes come from. */
export interface DiscoverySetting {
  /** Sources, and texts that name a package or file. */
  readonly entries: readonly unknown[];
  /** The folder that such texts count from. */
  readonly folder: string;
  readonly source: SettingSource;
}

/** All settings of a run, complete and checked. */
export interface Settings extends SettingValues {
  /** Where each value comes from; none is missing. */
  readonly sources: Readonly<Partial<Record<SettingName, SettingSource>>>;
  /** What the config files add to the environment that migration files see. Not enumerable. */
  readonly exported: Readonly<Record<string, string>>;
  /** The hooks for after a fully successful apply, of the outermost config file first. */
  readonly after: readonly (() => unknown)[];
  /**
   * The discovery sources, not checked yet; `undefined`: the hosts are the source. Not enumerable:
   * a source may hold passwords.
   */
  readonly discovery: DiscoverySetting | undefined;
  /** The config files that were read, the outermost first. */
  readonly configFiles: readonly string[];
}
