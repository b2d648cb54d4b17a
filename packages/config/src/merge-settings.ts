import { dirname, join, resolve } from "node:path";
import { PgMigError } from "@pg-mig/model";
import type { ConfigLayer } from "./config-types.js";
import { exportedVariables } from "./exported-variables.js";
import { findGiven, type GivenValue, type SettingNames } from "./setting-reader.js";
import type { SettingSource } from "./setting-source.js";
import {
  toCount,
  toDuration,
  toPassword,
  toPort,
  toSslMode,
  toText,
  toTexts,
  toWait,
  toYesOrNo,
} from "./setting-types.js";
import type { DiscoverySetting, Flags, SettingName, Settings, SettingValues } from "./settings.js";

export interface MergeSettingsOptions {
  readonly flags: Flags;
  /** The config files, the outermost first. */
  readonly layers: readonly ConfigLayer[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths count from here. */
  readonly cwd: string;
  /** The defaults that come from the operating system. */
  readonly os: OsDefaults;
}

export interface OsDefaults {
  /** Name of the account: the default user. */
  readonly user: string;
  /** The account's home, where `.pgpass` is looked for. */
  readonly home: string;
}

/**
 * Takes each setting from its strongest source: command line, nearest config file, environment,
 * default. Pure.
 *
 * An empty value in the environment or in a config file counts as none.
 *
 * @throws PgMigError `SETTING_INVALID` naming the option, file or variable; `MIGDIR_MISSING`.
 */
export function mergeSettings({ flags, layers, env, cwd, os }: MergeSettingsOptions): Settings {
  const sources: Partial<Record<SettingName, SettingSource>> = {};
  function take<Value, Fallback>(
    name: SettingName,
    names: SettingNames,
    convert: (given: GivenValue) => Value,
    fallback: Fallback,
  ): Value | Fallback {
    const given = findGiven(names, layers, env);
    sources[name] = given?.source ?? { kind: "default" };
    return given === undefined ? fallback : convert(given);
  }

  const migdir = take(
    "migdir",
    { flag: ["--migdir", flags.migdir], variable: "PGMIGDIR" },
    toText,
    undefined,
  );
  if (migdir === undefined) {
    throw new PgMigError("The migration directory is not set.", {
      code: "MIGDIR_MISSING",
      hint: "Name it with --migdir=DIR, in PGMIGDIR, or as PGMIGDIR in pg-mig.config.ts.",
    });
  }
  const values: Omit<SettingValues, "hosts" | "password"> = {
    migdir: resolve(cwd, migdir),
    port: take("port", { flag: ["--port", flags.port], variable: "PGPORT" }, toPort, 5432),
    user: take("user", { flag: ["--user", flags.user], variable: "PGUSER" }, toText, os.user),
    database: take(
      "database",
      { flag: ["--db", flags.db], variable: "PGDATABASE" },
      toText,
      undefined,
    ),
    sslMode: take("sslMode", { variable: "PGSSLMODE" }, toSslMode, "prefer"),
    sslRootCert: take("sslRootCert", { variable: "PGSSLROOTCERT" }, toText, undefined),
    sslCert: take("sslCert", { variable: "PGSSLCERT" }, toText, undefined),
    sslKey: take("sslKey", { variable: "PGSSLKEY" }, toText, undefined),
    passFile: take("passFile", { variable: "PGPASSFILE" }, toText, join(os.home, ".pgpass")),
    createDatabase: take(
      "createDatabase",
      { flag: ["--createdb", flags.createdb], variable: "PGCREATEDB" },
      toYesOrNo,
      false,
    ),
    lockTimeoutMs: take(
      "lockTimeoutMs",
      { flag: ["--lock-timeout", flags.lockTimeout], key: "lockTimeout" },
      // PostgreSQL's 0 would be no time-out at all.
      (given) => toDuration(given, { leastMs: 1 }),
      2000,
    ),
    retryForMs: take(
      "retryForMs",
      { flag: ["--retry-for", flags.retryFor], key: "retryFor" },
      toDuration,
      600_000,
    ),
    waitMs: take("waitMs", { flag: ["--wait", flags.wait], key: "wait" }, toWait, 0),
    allowPooler: take(
      "allowPooler",
      { flag: ["--allow-pooler", flags.allowPooler], key: "allowPooler" },
      toYesOrNo,
      false,
    ),
    parallelism: take("parallelism", { flag: ["--parallelism", flags.parallelism] }, toCount, 10),
    dry: take("dry", { flag: ["--dry", flags.dry] }, toYesOrNo, false),
    force: take("force", { flag: ["--force", flags.force] }, toYesOrNo, false),
  };
  // All of these may hold passwords, and somebody will log the settings one day.
  const secrets = {
    hosts: take("hosts", { flag: ["--hosts", flags.hosts], variable: "PGHOST" }, toTexts, [
      "127.0.0.1",
    ]),
    password: take(
      "password",
      { flag: ["--pass", flags.pass], variable: "PGPASSWORD" },
      toPassword,
      undefined,
    ),
    exported: exportedVariables(layers),
    discovery: findDiscovery({ flags, layers, cwd }),
  };
  const settings = {
    ...values,
    ...secrets,
    sources,
    after: afterHooks(layers),
    configFiles: layers.map(({ path }) => path),
  };
  for (const name of Object.keys(secrets)) {
    Object.defineProperty(settings, name, { enumerable: false });
  }
  return settings;
}

/** `--discovery`, or the nearest file's `discovery`, over which `--hosts` wins, too. */
function findDiscovery({
  flags,
  layers,
  cwd,
}: Pick<MergeSettingsOptions, "flags" | "layers" | "cwd">): DiscoverySetting | undefined {
  const given = findGiven({ flag: ["--discovery", flags.discovery], key: "discovery" }, layers, {});
  if (given === undefined) {
    return undefined;
  }
  const { value, source } = given;
  if (source.kind === "file" && flags.hosts !== undefined) {
    return undefined;
  }
  const folder = source.kind === "file" ? dirname(source.path) : cwd;
  return { entries: [value].flat(), folder, source };
}

function afterHooks(layers: readonly ConfigLayer[]): (() => unknown)[] {
  return layers.flatMap(({ config: { after } }) =>
    typeof after === "function" ? [() => after()] : [],
  );
}
