import { nearestWord, PgMigError } from "@pg-mig/model";
import { compareVersions, parseVersion, type Version } from "./version.js";

export interface PlanNewVersionOptions {
  /** `title@prefix`. The title: lower-case letters, digits, `-` and `_`. */
  readonly target: string;
  /** The present time. */
  readonly now: Date;
  /** The versions on disk. */
  readonly versions: readonly Version[];
}

/** The version that `--make` makes. */
export interface NewVersion {
  readonly version: Version;
  /** Set where no version on disk has this prefix, so that it may be a slip of the pen. */
  readonly unknownPrefix: UnknownPrefix | undefined;
}

export interface UnknownPrefix {
  readonly prefix: string;
  /** The prefixes of the versions on disk, sorted. */
  readonly known: readonly string[];
  /** The one of them that was probably meant. */
  readonly nearest: string | undefined;
}

/** How far behind the latest version a new one is put, where the clock says it is earlier. */
const step = 60n;

/**
 * Chooses the name of a new version: its timestamp is the present time in UTC, `YYYYMMDDHHmmss`, or
 * the greatest on disk plus 60 (as a number) where that is later. The new version is the last one in
 * the order of versions.
 *
 * @throws PgMigError `MAKE_TARGET_INVALID` where the target is not `title@prefix`;
 * `MAKE_NOT_LAST` where no such timestamp can come last, since those on disk have another length.
 */
export function planNewVersion({ target, now, versions }: PlanNewVersionOptions): NewVersion {
  const [, title, prefix] = /^([-a-z0-9_]+)@([^@]+)$/su.exec(target) ?? [];
  const version = parseVersion(`${timestampAfter(versions, now)}.${title}.${prefix}`);
  if (title === undefined || prefix === undefined || version === undefined) {
    throw new PgMigError(
      `Expected the new version to be title@prefix, got ${JSON.stringify(target)}.`,
      {
        code: "MAKE_TARGET_INVALID",
        hint: "The title is made of a-z, 0-9, - and _; the prefix holds no dot, slash, backslash, double quote or @: add-users@sh.",
      },
    );
  }
  const last = versions.find(({ name }) => compareVersions(name, version.name) > 0);
  if (last !== undefined) {
    throw new PgMigError(`A new version ${version.name} would come before ${last.name}.`, {
      code: "MAKE_NOT_LAST",
      hint: "Versions are ordered by name: give the timestamps on disk one length.",
    });
  }
  return { version, unknownPrefix: findUnknownPrefix(prefix, versions) };
}

function timestampAfter(versions: readonly Version[], now: Date): string {
  const present = BigInt(now.toISOString().slice(0, 19).replace(/\D/gu, ""));
  const later = versions.map(({ timestamp }) => BigInt(timestamp) + step);
  return String([present, ...later].reduce((a, b) => (b > a ? b : a)));
}

function findUnknownPrefix(
  prefix: string,
  versions: readonly Version[],
): UnknownPrefix | undefined {
  const known = [...new Set(versions.map((version) => version.prefix))].sort(compareVersions);
  if (known.length === 0 || known.includes(prefix)) {
    return undefined;
  }
  return { prefix, known, nearest: nearestWord(prefix, known) };
}
