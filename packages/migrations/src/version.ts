/** One migration's identity: the name of its files without `.up.sql` / `.dn.sql`. */
export interface Version {
  /** The whole name, `<timestamp>.<title>.<prefix>`: what the ledger of a shard holds. */
  readonly name: string;
  /** The digits that the name starts with. */
  readonly timestamp: string;
  readonly title: string;
  /** Which schemas the version is for: see `versionsForShard` of `@pg-mig/planner`. */
  readonly prefix: string;
}

/** Which file of a version: `up` applies it, `down` (`.dn.sql`) undoes it. */
export type Direction = "up" | "down";

/** What the name of a migration file says. */
export interface MigrationFileName {
  readonly version: Version;
  readonly direction: Direction;
}

// Control characters cannot be meant, and would forge lines in chain.txt and in the output. A backslash
// or a double quote in the ledger breaks tools that read it as JSON where standard_conforming_strings is off.
const versionName = /^(\d+)\.([^./\\"\p{Cc}]+)\.([^./\\"\p{Cc}]+)$/u;

/** Reads a version's name; `undefined` where the text is no such name. */
export function parseVersion(name: string): Version | undefined {
  const [, timestamp, title, prefix] = versionName.exec(name) ?? [];
  if (timestamp === undefined || title === undefined || prefix === undefined) {
    return undefined;
  }
  return { name, timestamp, title, prefix };
}

/**
 * Orders two version names by their UTF-16 code units. It is the only order of versions there is:
 * no locale, and no reading of the timestamp as a number.
 */
export function compareVersions(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Names a version's file in the migration directory. */
export function migrationFileName(version: string, direction: Direction): string {
  return `${version}.${direction === "up" ? "up" : "dn"}.sql`;
}

/** Reads the name of a migration file; `undefined` where it is no such name. */
export function parseMigrationFileName(fileName: string): MigrationFileName | undefined {
  const [, name, ending] = /^(.*)\.(up|dn)\.sql$/su.exec(fileName) ?? [];
  const version = name === undefined ? undefined : parseVersion(name);
  if (version === undefined) {
    return undefined;
  }
  return { version, direction: ending === "up" ? "up" : "down" };
}
