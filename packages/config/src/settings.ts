import type { ServiceFile } from "@pg-mig/model";
import type { ConfiguredObserver } from "./config-types.js";
import type { SettingSource } from "./setting-source.js";
import type { SettingName, SettingValue } from "./setting-table.js";

/** What the command line said, by the names of the options without dashes: `lockTimeout`. */
export type Flags = Readonly<
  Record<string, string | number | boolean | readonly string[] | undefined>
>;

/** What was said about where the nodes come from. */
export interface DiscoverySetting {
  /** Sources, and texts that name a package or file. */
  readonly entries: readonly unknown[];
  /** The folder that such texts count from. */
  readonly folder: string;
  readonly source: SettingSource;
}

type Values = { readonly [Name in SettingName]: SettingValue<Name> };

/** All settings, complete and checked. Those that may hold passwords are not enumerable. */
export interface Settings extends Omit<Values, "migdir" | "report" | "discovery"> {
  /** Whether anything says which hosts there are; else `hosts` is the default. */
  readonly hostsGiven: boolean;
  /** The migration directory, as an absolute path. */
  readonly migdir: string;
  /** The files of the report, as absolute paths. */
  readonly report: readonly string[] | undefined;
  /** The discovery sources, not checked yet; `undefined`: the hosts are the source. */
  readonly discovery: DiscoverySetting | undefined;
  /** What the config files add to the environment that migration files see. */
  readonly exported: Readonly<Record<string, string>>;
  /**
   * What each connection tells its server when it starts, as `PGTZ`, `PGDATESTYLE`, `PGGEQO` and
   * `PGOPTIONS` say. Not enumerable.
   */
  readonly startupParameters: Readonly<Record<string, string>>;
  /** What libpq's variables and its service say of connections besides, by keyword. Not enumerable. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Where libpq's default certificates are: `~/.postgresql`. */
  readonly certificateDirectory: string;
  /** The files in which services are looked for. */
  readonly serviceFiles: readonly ServiceFile[];
  /** The hooks for after a fully successful apply, of the outermost config file first. */
  readonly after: readonly (() => unknown)[];
  /** The observers of all config files, those of the outermost first. */
  readonly observers: readonly ConfiguredObserver[];
}
