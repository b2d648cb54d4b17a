import { join } from "node:path";
import { defaults } from "@pg-mig/model";
import { rollout, stopAt } from "./rollout-setting.js";
import { define, type OsDefaults, type SettingDefinition } from "./setting-definition.js";
import {
  color,
  connectTimeout,
  containment,
  count,
  database,
  duration,
  hosts,
  onOff,
  part,
  password,
  port,
  reportFiles,
  type SettingType,
  server,
  shellCommand,
  sources,
  sslMode,
  text,
  texts,
  timeOfDay,
  verify,
  wait,
  yesNo,
} from "./setting-types.js";
import { throttle } from "./throttle-setting.js";

/**
 * Every setting, once. The command's options and help, the merging of their sources, the type and the
 * JSON schema of a config file, and the tables in the documentation are made from it.
 */
export const settingTable = {
  hosts: define({
    option: "--hosts <list>",
    repeatable: true,
    group: "The cluster",
    variable: "PGHOST",
    type: hosts,
    default: [defaults.host],
    shownDefault: defaults.host,
    help: "nodes: host, host:port, host:port/db or postgres:// URLs; repeatable",
  }),
  discovery: define({
    option: "--discovery <name>",
    repeatable: true,
    group: "The cluster",
    key: "discovery",
    type: sources,
    default: undefined,
    help: "package or file that says which nodes there are, instead of hosts; repeatable",
  }),
  port: define({
    option: "--port <number>",
    group: "The cluster",
    variable: "PGPORT",
    type: port,
    default: defaults.port,
    shownDefault: String(defaults.port),
    help: "port of nodes that name none",
  }),
  user: define({
    option: "--user <name>",
    group: "The cluster",
    variable: "PGUSER",
    type: text,
    default: ({ user }: OsDefaults) => user,
    shownDefault: "your account",
    help: "user of nodes that name none",
  }),
  password: define({
    option: "--pass <password>",
    group: "The cluster",
    variable: "PGPASSWORD",
    type: password,
    default: undefined,
    help: "password of nodes that name none; for a moment it shows in the process list, PGPASSWORD and .pgpass do not",
  }),
  passwordCommand: define({
    key: "passwordCommand",
    type: shellCommand,
    default: undefined,
    help: "shell command that prints the password, run for each new connection",
  }),
  database: define({
    option: "--db <name>",
    group: "The cluster",
    variable: "PGDATABASE",
    type: database,
    default: undefined,
    shownDefault: "the user's name",
    help: "database of nodes that name none",
  }),
  sslMode: define({
    variable: "PGSSLMODE",
    type: sslMode,
    default: defaults.sslMode,
    shownDefault: defaults.sslMode,
    help: "whether connections are encrypted, and what is verified, in libpq's words",
  }),
  sslRootCert: define({
    variable: "PGSSLROOTCERT",
    type: text,
    default: undefined,
    help: "PEM file of the certificate authorities to trust",
  }),
  sslCert: define({
    variable: "PGSSLCERT",
    type: text,
    default: undefined,
    help: "PEM file of the client's certificate",
  }),
  sslKey: define({
    variable: "PGSSLKEY",
    type: text,
    default: undefined,
    help: "PEM file of the client's key",
  }),
  connectTimeoutMs: define({
    variable: "PGCONNECT_TIMEOUT",
    type: connectTimeout,
    default: defaults.connectTimeoutMs,
    shownDefault: String(defaults.connectTimeoutMs / 1000),
    help: "how many seconds each address of a node has to let us in; 0: no limit",
  }),
  passFile: define({
    variable: "PGPASSFILE",
    type: text,
    default: ({ home }: OsDefaults) => join(home, ".pgpass"),
    shownDefault: "~/.pgpass",
    help: "file with passwords, in the format of .pgpass",
  }),
  createDatabase: define({
    option: "--createdb",
    group: "The cluster",
    variable: "PGCREATEDB",
    type: yesNo,
    default: false,
    help: "make databases that are missing, wait for servers that start",
  }),
  only: define({
    option: "--only <conditions>",
    repeatable: true,
    group: "The cluster",
    type: texts,
    default: undefined,
    help: "work on these alone: region=eu,shard=sh00* (labels, host, island, shard) or failed; repeatable",
  }),
  part: define({
    option: "--part <K/N>",
    group: "The cluster",
    type: part,
    default: undefined,
    help: "work on the Kth of N parts of the nodes: N workers share a fleet",
  }),
  validShardSchemasSql: define({
    key: "validShardSchemasSql",
    type: text,
    default: undefined,
    help: "query, run on each node, that names the schemas which count as shards; what equals its prefix always does",
  }),
  migdir: define({
    option: "--migdir <dir>",
    group: "The run",
    variable: "PGMIGDIR",
    type: text,
    default: undefined,
    help: "the directory with the migration files",
  }),
  parallelism: define({
    option: "--parallelism <n>",
    group: "The run",
    type: count,
    default: defaults.parallelism,
    shownDefault: String(defaults.parallelism),
    help: "most shards at a time per node",
  }),
  maxSessions: define({
    option: "--max-sessions <n>",
    group: "The run",
    type: count,
    default: defaults.maxSessions,
    shownDefault: String(defaults.maxSessions),
    help: "most shards at a time over all nodes; a node has up to two connections besides, for its lock and for what is done once a node",
  }),
  lockTimeoutMs: define({
    option: "--lock-timeout <time>",
    group: "The run",
    key: "lockTimeout",
    // PostgreSQL's 0 would be no time-out at all.
    type: duration({ leastMs: 1 }),
    default: defaults.lockTimeoutMs,
    shownDefault: `${defaults.lockTimeoutMs / 1000}s`,
    help: "how long a version waits for a lock before it is put back",
  }),
  retryForMs: define({
    option: "--retry-for <time>",
    group: "The run",
    key: "retryFor",
    type: duration(),
    default: defaults.retryForMs,
    shownDefault: `${defaults.retryForMs / 60_000}m`,
    help: "how long a version that was put back is tried again, and a node that went away (1m at most)",
  }),
  maxDurationMs: define({
    option: "--max-duration <time>",
    group: "The run",
    key: "maxDuration",
    type: duration({ leastMs: 1 }),
    default: undefined,
    help: "pause after so long: what runs ends, nothing new starts",
  }),
  until: define({
    option: "--until <HH:MM>",
    group: "The run",
    key: "until",
    type: timeOfDay,
    default: undefined,
    help: "pause at the next such time of day, here",
  }),
  rollout: define({
    key: "rollout",
    type: rollout,
    default: undefined,
    help: "how a version reaches the shards: in which waves, and when it stops",
  }),
  wave: define({
    option: "--wave <name>",
    group: "The run",
    type: text,
    default: undefined,
    help: "stop after this wave of the rollout, or after the next one: next",
  }),
  stopAt: define({
    option: "--stop-at <limits>",
    group: "The run",
    type: stopAt,
    default: undefined,
    help: "start nothing more when so many shards have failed: 3, 1%, 2/node, or several of these",
  }),
  throttle: define({
    key: "throttle",
    type: throttle,
    default: undefined,
    help: "when a node is left alone for a while: its standbys lag, it is busy, or a query says so",
  }),
  waitMs: define({
    option: "--wait [time]",
    group: "The run",
    key: "wait",
    type: wait,
    default: defaults.waitMs,
    help: "wait until no other run works on the nodes, instead of failing",
  }),
  allowPooler: define({
    option: "--allow-pooler",
    group: "The run",
    key: "allowPooler",
    type: yesNo,
    default: false,
    help: "work through a pooler in transaction mode, without the run lock",
  }),
  beside2x: define({
    option: "--beside-2x",
    group: "The run",
    key: "beside2x",
    type: yesNo,
    default: false,
    help: "run even if pg-mig 2.x seems to be at work on a node",
  }),
  force: define({
    option: "--force",
    group: "The run",
    type: onOff,
    default: false,
    help: "run before.sql and after.sql even if no version is pending",
  }),
  report: define({
    option: "--report <file>",
    repeatable: true,
    group: "The run",
    type: reportFiles,
    default: undefined,
    help: "write the report there, as .json, .html, .md or .xml (JUnit); --only=failed reads it first; repeatable",
  }),
  verify: define({
    option: "--verify [how]",
    group: "The run",
    key: "verify",
    type: verify,
    default: "off",
    help: "compare the shards that the run touched after it: warn if they differ, or fail",
  }),
  containment: define({
    option: "--containment [how]",
    group: "The run",
    key: "containment",
    type: containment,
    default: "off",
    help: "warn of versions that lock something outside of their shards",
  }),
  journal: define({
    key: "journal",
    type: yesNo,
    default: false,
    help: "leave a row for each run in the table public.mig_journal of its nodes; `history` reads it",
  }),
  strict: define({
    option: "--strict",
    group: "The run",
    type: onOff,
    default: false,
    help: "refuse files that were edited after they were applied, or that control their transactions",
  }),
  shell: define({
    option: "--no-shell",
    group: "The run",
    type: onOff,
    default: true,
    help: "refuse files that run shell commands (backticks, \\!)",
  }),
  skipConfig: define({
    option: "--skip-config",
    group: "The run",
    type: onOff,
    default: false,
    help: "ignore pg-mig.config.*",
  }),
  scratch: define({
    option: "--scratch <server>",
    group: "The scratch database",
    key: "scratch",
    type: server,
    default: undefined,
    help: "where it is made and dropped: a postgres:// URL, or embedded",
  }),
  statementTimeoutMs: define({
    option: "--statement-timeout <time>",
    group: "The live shard",
    type: duration({ leastMs: 1 }),
    default: defaults.statementTimeoutMs,
    shownDefault: `${defaults.statementTimeoutMs / 1000}s`,
    help: "with --on: how long a statement may take",
  }),
  json: define({
    option: "--json",
    group: "Output",
    type: onOff,
    default: false,
    help: "one JSON object a line on stdout, for programs",
  }),
  quiet: define({
    option: "--quiet",
    group: "Output",
    type: onOff,
    default: false,
    help: "no progress and no notes, and nothing at all if all is well",
  }),
  verbose: define({
    option: "--verbose",
    group: "Output",
    type: onOff,
    default: false,
    help: "a line for each step, and no list cut short",
  }),
  color: define({
    option: "--color <when>",
    group: "Output",
    type: color,
    default: "auto",
    shownDefault: "auto",
    help: "auto, always or never; auto asks NO_COLOR, FORCE_COLOR and the terminal",
  }),
  debug: define({
    option: "--debug",
    group: "Output",
    type: onOff,
    default: false,
    help: "add stack traces to errors",
  }),
} as const;

type Table = typeof settingTable;

export type SettingName = keyof Table;

/** The setting's value: what its type reads, or its default. */
export type SettingValue<Name extends SettingName> = Table[Name] extends {
  readonly type: SettingType<infer Value>;
  readonly default: infer Default;
}
  ? Value | (Default extends (os: OsDefaults) => infer Made ? Made : Default)
  : never;

/** The names of the settings that a config file may hold. */
export type ConfigKey = {
  [Name in SettingName]: Table[Name] extends { readonly variable: infer Variable extends string }
    ? Variable
    : Table[Name] extends { readonly key: infer Key extends string }
      ? Key
      : never;
}[SettingName];

/** The settings with their names, in the order in which the help lists them. */
export const settingDefinitions = Object.entries(settingTable) as readonly (readonly [
  SettingName,
  SettingDefinition,
])[];
