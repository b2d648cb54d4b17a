import { execFile } from "node:child_process";
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { connectNode, discoverNodes, readService } from "@pg-mig/cluster";
import { resolveSettings } from "@pg-mig/config";
import { isPgMigError } from "@pg-mig/model";
import {
  startNodes,
  type TestCluster,
  type TestNode,
  type TestReplica,
  type TlsCertificate,
  type TlsFile,
  tlsFile,
} from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { accountName } from "../src/account.js";
import { uninterrupted } from "../src/interruption.js";
import { clusterOptions } from "../src/run-options.js";
import { programMajor } from "./psql-judge.js";

/** One way to say where to connect, for psql and for us alike. */
interface Situation {
  /** A connection string or URL; without it, the environment says all. */
  readonly dsn?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Files of the home directory: a text, or a file for tests of TLS. */
  readonly files?: Readonly<
    Record<string, { readonly text?: string; readonly copy?: TlsFile; readonly mode?: number }>
  >;
}

const seenSql = `SELECT concat_ws('|', current_setting('port'), current_user, current_database(),
  (SELECT CASE WHEN ssl THEN 'TLS' ELSE 'plain' END FROM pg_stat_ssl WHERE pid = pg_backend_pid()),
  (SELECT client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()),
  (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()),
  inet_server_addr() IS NULL, pg_is_in_recovery(), current_setting('TimeZone'),
  current_setting('DateStyle'), current_setting('geqo'), current_setting('work_mem'),
  current_setting('client_encoding')) AS seen`;

const rules = `
hostssl all tls_only all scram-sha-256
hostnossl all plain_only all scram-sha-256
hostssl all cert_user all cert map=certificates
host all cert_user all reject
host all rejected all reject
host all trusted all trust
host all hashed all md5
host all clear all password
host all all all scram-sha-256
host replication all all trust
local replication all trust
local all root peer
local all rejected reject
local all all scram-sha-256
`;

const psql = programMajor("psql");
let cluster: TestCluster;
/** Offers no TLS. */
let plain: TestNode;
/** Offers TLS. */
let tls: TestNode;
let replica: TestReplica;
let certificate: TlsCertificate | undefined;

beforeAll(async () => {
  if (psql === undefined) {
    return;
  }
  cluster = await startNodes({ count: 2 });
  [plain, tls] = cluster.nodes as [TestNode, TestNode];
  for (const node of [plain, tls]) {
    const secret = node.password;
    for (const role of [
      "tls_only",
      "plain_only",
      "cert_user",
      "rejected",
      "trusted",
      "clear",
      "root",
    ]) {
      await node.query(`CREATE ROLE ${role} LOGIN PASSWORD '${secret}'`);
    }
    await node.query(
      `SET password_encryption = 'md5'; CREATE ROLE hashed LOGIN PASSWORD '${secret}'`,
    );
    await node.query("CREATE DATABASE other");
    await node.writeFile("pg_hba.conf", rules);
    await node.writeFile("pg_ident.conf", "certificates postgres cert_user\n");
  }
  await plain.query("SELECT pg_reload_conf()");
  await tls.offerTls("server");
  await tls.restart();
  certificate = "server";
  replica = await cluster.startReplica({ of: plain });
});

afterAll(async () => {
  await cluster?.stop();
});

async function showCertificate(name: TlsCertificate): Promise<void> {
  if (certificate !== name) {
    await tls.offerTls(name);
    await tls.query("SELECT pg_reload_conf()");
    certificate = name;
    // Backends that start before the postmaster has read it show the old one.
    await tls.restart();
  }
}

/** What psql sees, or that it is refused. */
function byPsql(home: string, { dsn, env }: Situation): Promise<string> {
  const options = { cwd: home, env: { PATH: process.env.PATH, HOME: home, ...env } };
  const args = ["-X", "-w", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", seenSql];
  return new Promise((resolve) => {
    execFile("psql", dsn === undefined ? args : [...args, dsn], options, (error, stdout) =>
      resolve(error === null ? stdout.trim() : "refused"),
    );
  });
}

/** The same of us, and the reason. */
async function byUs(home: string, { dsn, env = {} }: Situation): Promise<[string, string]> {
  const cwd = home;
  try {
    const settings = await resolveSettings({
      flags: { migdir: "mig", ...(dsn === undefined ? {} : { hosts: dsn }) },
      env,
      cwd,
      action: "apply",
      readService,
      os: { user: accountName({}), home, uid: process.geteuid?.() },
    });
    const { sources, defaults } = await clusterOptions({
      settings,
      cwd,
      interruption: uninterrupted,
    });
    const { signal } = new AbortController();
    const [node, ...others] = await discoverNodes(sources, { defaults, signal, log: () => {} });
    if (node === undefined || others.length > 0) {
      return [`${others.length + 1} nodes`, ""];
    }
    const client = await connectNode(node, { applicationName: "test" });
    const { rows } = await client.query(seenSql);
    await client.end();
    return [rows[0].seen, ""];
  } catch (error) {
    if (!isPgMigError(error)) {
      throw error;
    }
    return ["refused", `${error.code}: ${error.message}`];
  }
}

/**
 * The same for many connection strings in one process, which takes a third of the work: `\connect` connects as psql
 * does when it is started, as long as neither the environment nor a service says anything.
 */
async function byOnePsql(situations: readonly (readonly [string, Situation])[]): Promise<string[]> {
  const quoted = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
  const commands = situations.flatMap(([home, { dsn = "" }], index) => [
    `\\setenv HOME ${quoted(home)}`,
    `\\echo situation ${index}`,
    `\\connect ${quoted(dsn)}`,
    seenSql,
  ]);
  // Unlike a script, these go on after a \connect that was refused.
  const args = ["-X", "-w", "-A", "-t", "-q", ...commands.flatMap((text) => ["-c", text])];
  const output = await new Promise<string>((resolve) => {
    const options = { env: { PATH: process.env.PATH } };
    execFile("psql", [...args, dsnOf(plain)], options, (_, stdout) => resolve(stdout));
  });
  const answers = output.split(/^situation \d+\n/m).slice(1);
  expect(answers).toHaveLength(situations.length);
  return answers.map((answer) => (answer === "" ? "refused" : answer.trim()));
}

/** Makes the home directory of a situation, until the end of the test. */
async function makeHome(situation: Situation): Promise<readonly [string, Situation]> {
  const home = await mkdtemp(join(tmpdir(), "pg-mig-home-"));
  onTestFinished(() => rm(home, { recursive: true }));
  for (const [path, { text = "", copy, mode = 0o600 }] of Object.entries(situation.files ?? {})) {
    const target = join(home, path);
    await mkdir(dirname(target), { recursive: true });
    if (copy === undefined) {
      await writeFile(target, text.replaceAll("$HOME", home));
    } else {
      await copyFile(tlsFile(copy), target);
    }
    await chmod(target, mode);
  }
  return [home, JSON.parse(JSON.stringify(situation).replaceAll("$HOME", home)) as Situation];
}

/** Fails if any situation ends otherwise than by psql, which is one process for all or one for each. */
async function expectSame(
  situations: Readonly<Record<string, Situation>>,
  processes: "one" | "each" = "each",
): Promise<void> {
  const ours: string[] = [];
  const theirs: string[] = [];
  const names = Object.keys(situations);
  const made = await Promise.all(Object.values(situations).map(makeHome));
  const byOne = processes === "one" ? await byOnePsql(made) : undefined;
  for (const [index, [home, here]] of made.entries()) {
    const [psqlSaw, [seen, reason]] = await Promise.all([
      byOne?.[index] ?? byPsql(home, here),
      byUs(home, here),
    ]);
    theirs.push(`${names[index]}: ${psqlSaw}`);
    ours.push(`${names[index]}: ${seen}`);
    const secrets = [plain.password, "sesame"];
    expect(secrets.filter((secret) => reason.includes(secret))).toEqual([]);
  }
  expect(ours).toEqual(theirs);
}

const sslModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/** A connection string for a node. */
function dsnOf(node: TestNode, more: Readonly<Record<string, string | number>> = {}): string {
  const { host, port, user, password, database: dbname } = node;
  return Object.entries({ host, port, user, password, dbname, ...more })
    .map(([keyword, value]) => `${keyword}='${value}'`)
    .join(" ");
}

const rootFile = { ".postgresql/root.crt": { copy: "ca.crt" } } as const;
const clientFiles = {
  ".postgresql/postgresql.crt": { copy: "client.crt" },
  ".postgresql/postgresql.key": { copy: "client.key" },
} as const;

describe.skipIf(psql === undefined)("a connection, compared with psql", () => {
  it("is encrypted or not, or refused, by the SSL mode and pg_hba.conf", async () => {
    const situations: Record<string, Situation> = {};
    for (const sslmode of sslModes) {
      for (const user of [
        "postgres",
        "tls_only",
        "plain_only",
        "rejected",
        "trusted",
        "hashed",
        "clear",
        "nosuch",
      ]) {
        for (const [name, node] of [
          ["plain", plain],
          ["tls", tls],
        ] as const) {
          const dsn = dsnOf(node, { user, sslmode });
          situations[`${sslmode} ${user} ${name}`] = { dsn, files: rootFile };
        }
      }
      const more = { sslmode, password: "wrong" };
      situations[`${sslmode} wrong password`] = { dsn: dsnOf(tls, more) };
      situations[`${sslmode} no database`] = { dsn: dsnOf(tls, { sslmode, dbname: "nosuch" }) };
      situations[`${sslmode} socket`] = { dsn: dsnOf(tls, { sslmode, host: tls.socketDirectory }) };
    }
    await expectSame(situations, "one");
  });

  it.each(["server", "other-host", "address", "expired", "revoked"] as const)(
    "trusts a certificate (%s) or not, by mode, authority, name and revocation lists",
    async (shown) => {
      await showCertificate(shown);
      const situations: Record<string, Situation> = {};
      const roots: readonly (readonly [string, Situation["files"], Record<string, string>])[] = [
        ["no authority", {}, {}],
        ["default", rootFile, {}],
        ["a stranger", { ".postgresql/root.crt": { copy: "stranger.crt" } }, {}],
        ["named", {}, { sslrootcert: tlsFile("ca.crt") }],
        ["named, not there", {}, { sslrootcert: "/nowhere/root.crt" }],
        ["no certificate", { ".postgresql/root.crt": { text: "none" } }, {}],
        ["default list", { ...rootFile, ".postgresql/root.crl": { copy: "ca.crl" } }, {}],
        ["list", rootFile, { sslcrl: tlsFile("ca.crl") }],
        ["list, not there", rootFile, { sslcrl: "/nowhere/root.crl" }],
        ["lists", rootFile, { sslcrldir: tlsFile("crls") }],
        ["lists, not there", rootFile, { sslcrldir: "/nowhere" }],
        ["list, no authority", {}, { sslcrl: tlsFile("ca.crl") }],
      ];
      for (const sslmode of sslModes.slice(2)) {
        for (const host of ["localhost", "127.0.0.1"]) {
          for (const [name, files, more] of host === "localhost" ? roots : roots.slice(0, 2)) {
            const dsn = dsnOf(tls, { host, sslmode, ...more });
            situations[`${sslmode} ${host} ${name}`] = { dsn, ...(files && { files }) };
          }
        }
        for (const host of ["", "localhost"]) {
          const dsn = dsnOf(tls, { host, hostaddr: tls.host, sslmode });
          situations[`${sslmode} hostaddr for "${host}"`] = { dsn, files: rootFile };
        }
      }
      await expectSame(situations, "one");
    },
  );

  it("sends a client's certificate by libpq's rules for files and their permissions", async () => {
    await showCertificate("server");
    const situations: Record<string, Situation> = {};
    const { password: _, ...login } = { user: "cert_user", password: "" };
    const way = (more: Readonly<Record<string, string>> = {}) => dsnOf(tls, { ...login, ...more });
    const key = ".postgresql/postgresql.key";
    for (const sslmode of ["prefer", "require"]) {
      const certificates: Record<string, Situation> = {
        none: { dsn: way({ sslmode }) },
        default: { dsn: way({ sslmode }), files: clientFiles },
        "no key": {
          dsn: way({ sslmode }),
          files: { ".postgresql/postgresql.crt": { copy: "client.crt" } },
        },
        "key of another": {
          dsn: way({ sslmode }),
          files: { ...clientFiles, [key]: { copy: "server.key" } },
        },
        "encrypted key": {
          dsn: way({ sslmode, sslpassword: "sesame" }),
          files: { ...clientFiles, [key]: { copy: "client-encrypted.key" } },
        },
        "encrypted key, wrong passphrase": {
          dsn: way({ sslmode, sslpassword: "other" }),
          files: { ...clientFiles, [key]: { copy: "client-encrypted.key" } },
        },
        named: {
          dsn: way({ sslmode, sslcert: "$HOME/c", sslkey: "$HOME/k" }),
          files: { c: { copy: "client.crt" }, k: { copy: "client.key" } },
        },
        "named, not there": { dsn: way({ sslmode, sslcert: "/nowhere/c" }) },
      };
      for (const mode of [0o644, 0o640, 0o620, 0o604, 0o400]) {
        certificates[`key with mode ${mode.toString(8)}`] = {
          dsn: way({ sslmode }),
          files: { ...clientFiles, [key]: { copy: "client.key", mode } },
        };
      }
      for (const [name, situation] of Object.entries(certificates)) {
        situations[`${sslmode} ${name}`] = situation;
      }
      // What is wrong with the files must not matter to those who do not need them.
      const dsn = dsnOf(tls, { sslmode });
      const files = { ...clientFiles, [key]: { copy: "client.key", mode: 0o644 } } as const;
      situations[`${sslmode} unfit key, login by password`] = { dsn, files };
    }
    await expectSame(situations, "one");
  });

  it("keeps to the versions of TLS, to channel binding, and to other words of libpq", async () => {
    await showCertificate("server");
    const situations: Record<string, Situation> = {};
    const versions = ["TLSv1", "TLSv1.2", "TLSv1.3", "tlsv1.3", "SSLv3", "1.2"];
    for (const version of versions) {
      const min = dsnOf(tls, { ssl_min_protocol_version: version });
      const max = dsnOf(tls, { ssl_max_protocol_version: version });
      situations[`at least ${version}`] = { dsn: min };
      situations[`at most ${version}`] = { dsn: max };
      situations[`PGSSLMAXPROTOCOLVERSION ${version}`] = {
        dsn: dsnOf(tls),
        env: { PGSSLMAXPROTOCOLVERSION: version },
      };
    }
    situations["a range that is none"] = {
      dsn: dsnOf(tls, { ssl_min_protocol_version: "TLSv1.3", ssl_max_protocol_version: "TLSv1.2" }),
    };
    for (const value of ["disable", "prefer", "require", "maybe"]) {
      for (const user of ["postgres", "hashed", "trusted", "clear"]) {
        for (const [name, node] of [
          ["plain", plain],
          ["tls", tls],
        ] as const) {
          const dsn = dsnOf(node, { user, channel_binding: value });
          situations[`channel_binding ${value} ${user} ${name}`] = { dsn };
        }
      }
      situations[`PGCHANNELBINDING ${value}`] = {
        dsn: dsnOf(plain),
        env: { PGCHANNELBINDING: value },
      };
    }
    const words: readonly (readonly [string, readonly string[]])[] = [
      ["gssencmode", ["disable", "prefer", "require", "always"]],
      [
        "target_session_attrs",
        ["any", "read-write", "read-only", "primary", "standby", "prefer-standby", "writable"],
      ],
      ["connect_timeout", ["5", " 7 ", "abc", "1.5", "-1", "0"]],
      ["keepalives", ["0", "1", "x"]],
      ["keepalives_idle", ["0", "-1", "20", "x"]],
      ["tcp_user_timeout", ["0", "x"]],
      ["keepalives_count", ["0", "x"]],
      ["sslsni", ["0", "1"]],
      ["options", ["-c work_mem=5MB", "-c nosuch=1", "-c geqo=off"]],
      ["client_encoding", ["UTF8", "utf-8"]],
      ["application_name", ["x", "ü"]],
      ["fallback_application_name", ["x"]],
      ["sslcompression", ["0", "1"]],
      ["krbsrvname", ["x"]],
      ["nosuch", ["x"]],
      ["sslmode", ["Require", "on"]],
      ["port", ["0", "65536", "x", "1"]],
      ["replication", ["false", "off"]],
      ["requirepeer", ["nobody"]],
    ];
    for (const [keyword, values] of words) {
      for (const value of values) {
        situations[`${keyword}=${value}`] = { dsn: dsnOf(tls, { [keyword]: value }) };
      }
    }
    const mayBeEmpty = ["sslmode", "channel_binding", "gssencmode", "target_session_attrs"];
    const others = [
      "connect_timeout",
      "keepalives",
      "ssl_min_protocol_version",
      "sslcert",
      "options",
    ];
    for (const keyword of [...mayBeEmpty, ...others, "sslrootcert", "port", "hostaddr", "user"]) {
      situations[`${keyword} is empty`] = { dsn: dsnOf(tls, { [keyword]: "" }) };
    }
    await expectSame(situations);
  });

  it("takes what the environment says", async () => {
    await showCertificate("server");
    const { host, port, user, password, database } = tls;
    const base = {
      PGHOST: host,
      PGPORT: String(port),
      PGUSER: user,
      PGPASSWORD: password,
      PGDATABASE: database,
    };
    const { PGDATABASE: _, ...noDatabase } = base;
    const { PGUSER: __, ...noUser } = base;
    const variations: Record<string, Record<string, string>> = {
      plainly: base,
      "no database": noDatabase,
      "no user, a socket": { ...noUser, PGHOST: tls.socketDirectory },
      "no user": noUser,
      PGTZ: { ...base, PGTZ: "Asia/Tokyo" },
      "PGTZ that is none": { ...base, PGTZ: "Nowhere/At_All" },
      PGDATESTYLE: { ...base, PGDATESTYLE: "SQL, DMY" },
      PGGEQO: { ...base, PGGEQO: "off" },
      PGOPTIONS: { ...base, PGOPTIONS: "-c work_mem=5MB" },
      PGREQUIRESSL: { ...base, PGREQUIRESSL: "1" },
      "PGREQUIRESSL plain": { ...base, PGPORT: String(plain.port), PGREQUIRESSL: "1" },
      "PGSSLMODE plain": { ...base, PGPORT: String(plain.port), PGSSLMODE: "require" },
      PGHOSTADDR: { ...base, PGHOST: "nowhere.invalid", PGHOSTADDR: "127.0.0.1" },
      "PGHOSTADDR alone": { ...base, PGHOST: "", PGHOSTADDR: "127.0.0.1" },
      "two PGHOSTADDR": { ...base, PGHOSTADDR: "127.0.0.1,127.0.0.1" },
      "PGHOSTADDR that is a name": { ...base, PGHOSTADDR: "localhost" },
      "PGHOSTADDR, another name": {
        ...base,
        PGHOST: "db.example",
        PGHOSTADDR: "127.0.0.1",
        PGSSLMODE: "verify-full",
        PGSSLROOTCERT: tlsFile("ca.crt"),
      },
      PGTARGETSESSIONATTRS: { ...base, PGTARGETSESSIONATTRS: "standby" },
      PGGSSENCMODE: { ...base, PGGSSENCMODE: "require" },
      PGCLIENTENCODING: { ...base, PGCLIENTENCODING: "UTF8" },
      PGCONNECT_TIMEOUT: { ...base, PGCONNECT_TIMEOUT: "abc" },
      PGSSLCRL: {
        ...base,
        PGHOST: "localhost",
        PGSSLMODE: "verify-full",
        PGSSLROOTCERT: tlsFile("ca.crt"),
        PGSSLCRL: tlsFile("ca.crl"),
      },
      "PGPORT that is none": { ...base, PGPORT: "abc" },
      PGREQUIREPEER: { ...base, PGREQUIREPEER: "nosuch" },
    };
    await expectSame(
      Object.fromEntries(Object.entries(variations).map(([name, env]) => [name, { env }])),
    );
  });

  it("takes passwords from .pgpass by libpq's rules", async () => {
    const { port, password } = plain;
    const { password: _, ...open } = { password: "" };
    const way = (more: Readonly<Record<string, string>> = {}) =>
      `host=127.0.0.1 port=${port} user=postgres dbname=postgres ${Object.entries({
        ...open,
        ...more,
      })
        .map(([keyword, value]) => `${keyword}='${value}'`)
        .join(" ")}`;
    const good = password.replaceAll(/[:\\]/g, "\\$&");
    const texts: Record<string, string> = {
      all: `*:*:*:*:${good}\n`,
      exact: `127.0.0.1:${port}:postgres:postgres:${good}\n`,
      "first counts": `*:*:*:*:wrong\n*:*:*:*:${good}\n`,
      "other user": `*:*:*:ann:${good}\n`,
      "localhost for an address": `localhost:*:*:*:${good}\n`,
      comment: `# *:*:*:*:wrong\n\n*:*:*:*:${good}\n`,
      "comment with the password": `#*:*:*:*:${good}\n`,
      CRLF: `*:*:*:*:${good}\r\n`,
      "no line feed": `*:*:*:*:${good}`,
      "star with more": `1*:*:*:*:${good}\n`,
      "trailing field": `*:*:*:*:${good}:more\n`,
      "trailing blank": `*:*:*:*:${good} \n`,
      "leading blank": ` *:*:*:*:${good}\n`,
      "escaped user": `*:*:*:post\\gres:${good}\n`,
      "too few fields": `*:*:*:${good}\n`,
      "empty password": `*:*:*:*:\n*:*:*:*:${good}\n`,
    };
    const situations: Record<string, Situation> = {};
    for (const [name, text] of Object.entries(texts)) {
      situations[name] = { dsn: way(), files: { ".pgpass": { text } } };
    }
    const text = texts.all ?? "";
    for (const mode of [0o600, 0o400, 0o640, 0o604, 0o660, 0o700]) {
      const files = { ".pgpass": { text, mode } };
      situations[`mode ${mode.toString(8)}`] = { dsn: way(), files };
    }
    const elsewhere = { p: { text } };
    situations.passfile = { dsn: way({ passfile: "$HOME/p" }), files: elsewhere };
    situations.PGPASSFILE = { dsn: way(), env: { PGPASSFILE: "$HOME/p" }, files: elsewhere };
    situations["PGPASSFILE, not there"] = { dsn: way(), env: { PGPASSFILE: "/nowhere" } };
    situations["PGPASSWORD wins"] = {
      dsn: way(),
      env: { PGPASSWORD: "wrong" },
      files: { ".pgpass": { text } },
    };
    situations["an empty password in the string"] = {
      dsn: way({ password: "" }),
      files: { ".pgpass": { text } },
    };
    const socket = plain.socketDirectory;
    for (const [name, line] of [
      ["socket by name", `${socket.replaceAll(":", "\\:")}:*:*:*:${good}\n`],
      ["socket as localhost", `localhost:*:*:*:${good}\n`],
    ] as const) {
      situations[name] = { dsn: way({ host: socket }), files: { ".pgpass": { text: line } } };
    }
    situations["hostaddr, by name"] = {
      dsn: way({ host: "db.example", hostaddr: "127.0.0.1" }),
      files: { ".pgpass": { text: `db.example:*:*:*:${good}\n` } },
    };
    await expectSame(situations);
  });

  it("takes services by libpq's rules", async () => {
    const { host, port, user, password, database } = plain;
    const lines = `host=${host}\nport=${port}\nuser=${user}\npassword=${password}\ndbname=${database}\n`;
    const leftover = {
      PGHOST: tls.host,
      PGPORT: String(tls.port),
      PGUSER: "trusted",
      PGDATABASE: "other",
    };
    const file = (text: string) => ({ ".pg_service.conf": { text } });
    const situations: Record<string, Situation> = {};
    const texts: Record<string, string> = {
      plainly: `[prod]\n${lines}`,
      "after another": `[test]\nhost=nowhere.invalid\n\n[prod]\n${lines}[more]\nport=1\n`,
      "first line counts": `[prod]\n${lines}port=1\n`,
      "first group counts": `[prod]\n${lines}[prod]\nport=1\n`,
      "blanks around": `  [prod]  \n  ${lines.replaceAll("\n", "  \n  ")}`,
      "blank before the sign": `[prod]\n${lines}sslmode =disable\n`,
      "blank after the sign": `[prod]\nhost= ${host}\n${lines}`,
      comments: `# x\n[prod]\n# y=z\n${lines}`,
      "unknown keyword": `[prod]\n${lines}nosuch=1\n`,
      "no sign": `[prod]\n${lines}nosuch\n`,
      "another service": `[prod]\n${lines}service=test\n`,
      "not defined": `[test]\n${lines}`,
      "port alone": `[prod]\nport=${port}\npassword=${password}\nuser=${user}\n`,
      "no text": "",
      "empty value": `[prod]\n${lines}sslmode=\n`,
      "several hosts": `[prod]\nhost=127.0.0.1,127.0.0.1\nport=1,${port}\nuser=${user}\npassword=${password}\n`,
      sslmode: `[prod]\n${lines}sslmode=require\n`,
      hostaddr: `[prod]\nhostaddr=127.0.0.1\nport=${port}\nuser=${user}\npassword=${password}\ndbname=other\n`,
    };
    for (const [name, text] of Object.entries(texts)) {
      situations[`PGSERVICE ${name}`] = {
        env: { ...leftover, PGSERVICE: "prod" },
        files: file(text),
      };
      situations[`string ${name}`] = { dsn: "service=prod", env: leftover, files: file(text) };
    }
    const files = file(texts.plainly ?? "");
    situations["string wins"] = { dsn: "service=prod dbname=other", files };
    situations["host of the string"] = { dsn: `service=prod port=${tls.port} user=trusted`, files };
    situations["a URL"] = { dsn: "postgres:///other?service=prod", files };
    situations.PGSERVICEFILE = {
      env: { PGSERVICE: "prod", PGSERVICEFILE: "$HOME/s" },
      files: { s: { text: texts.plainly ?? "" } },
    };
    situations["PGSERVICEFILE, not there"] = {
      env: { PGSERVICE: "prod", PGSERVICEFILE: "$HOME/s" },
      files,
    };
    situations.PGSYSCONFDIR = {
      env: { PGSERVICE: "prod", PGSYSCONFDIR: "$HOME/etc" },
      files: { "etc/pg_service.conf": { text: texts.plainly ?? "" } },
    };
    situations["PGSYSCONFDIR after the user's"] = {
      env: { PGSERVICE: "prod", PGSYSCONFDIR: "$HOME/etc" },
      files: { ...file("[test]\nport=1\n"), "etc/pg_service.conf": { text: texts.plainly ?? "" } },
    };
    await expectSame(situations);
  });

  it("reads URLs and connection strings alike", async () => {
    const { host, port, user, password, database } = plain;
    const login = `${user}:${encodeURIComponent(password)}`;
    const strings: Record<string, string> = {
      URL: `postgres://${login}@${host}:${port}/${database}`,
      "another scheme": `postgresql://${login}@${host}:${port}/${database}`,
      "no database": `postgres://${login}@${host}:${port}`,
      "empty path": `postgres://${login}@${host}:${port}/`,
      "encoded database": `postgres://${login}@${host}:${port}/%6fther`,
      "all parameters": `postgres://?host=${host}&port=${port}&user=${user}&password=${encodeURIComponent(password)}&dbname=other`,
      "parameters win": `postgres://${login}@nowhere.invalid:1/x?host=${host}&port=${port}&dbname=other`,
      "ssl=true": `postgres://${login}@${host}:${port}/${database}?ssl=true`,
      "an unknown parameter": `postgres://${login}@${host}:${port}/${database}?nosuch=1`,
      "a socket": `postgres://${login}@${encodeURIComponent(plain.socketDirectory)}:${port}/${database}`,
      "a bad port": `postgres://${login}@${host}:x/${database}`,
      "brackets that do not end": `postgres://${login}@[::1:${port}/${database}`,
      "a bad code": `postgres://${login}@${host}:${port}/%zz`,
      "several hosts": `postgres://${login}@${host}:1,${host}:${port}/${database}`,
      "several hosts, a primary": `postgres://${login}@${replica.host}:${replica.port},${host}:${port}/${database}?target_session_attrs=primary`,
      "blanks around the sign": ` host = ${host}  port= ${port} user =${user} password='${password}' dbname=${database} `,
      "quotes and backslashes": `host='${host}' port=${port} user=p\\ostgres password='${password}' dbname='o\\ther'`,
      "the last counts": `host=nowhere.invalid host=${host} port=${port} user=${user} password='${password}' dbname=${database}`,
      "a quote that does not end": `host=${host} port=${port} user='${user}`,
      "no value": `host=${host} port=${port} user=${user} password='${password}' dbname`,
      "an empty value": `host=${host} port=${port} user=${user} password='${password}' dbname=`,
      "quotes side by side": `host='${host}'port='${port}'user=${user} password='${password}'`,
      "too many ports": `host=${host} port=${port},${port} user=${user} password='${password}'`,
      "an empty port": `host=${host},${host} port=1, user=${user} password='${password}'`,
      "hostaddr alone": `hostaddr=${host} port=${port} user=${user} password='${password}'`,
      "hostaddr and a name": `host=nowhere.invalid hostaddr=${host} port=${port} user=${user} password='${password}'`,
      "hostaddr that is a name": `hostaddr=localhost port=${port} user=${user} password='${password}'`,
      "as many addresses": `host=a,b hostaddr=${host} port=${port} user=${user} password='${password}'`,
    };
    await expectSame(
      Object.fromEntries(Object.entries(strings).map(([name, dsn]) => [name, { dsn }])),
    );
  });

  it("chooses among the servers of one node as libpq does", async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void silent.close());
    const { port: silentPort } = silent.address() as AddressInfo;
    const closing = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => closing.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void closing.close());
    const { port: closingPort } = closing.address() as AddressInfo;
    const { user, password } = plain;
    const chain = (ports: readonly number[], more = "") =>
      `host=${ports.map(() => "127.0.0.1").join(",")} port=${ports.join(",")} user=${user} password='${password}' connect_timeout=2 ${more}`;
    const situations: Record<string, Situation> = {
      "the first": { dsn: chain([plain.port, replica.port]) },
      "after a closed port": { dsn: chain([1, plain.port]) },
      "after one that is silent": { dsn: chain([silentPort, plain.port]) },
      "after one that closes": { dsn: chain([closingPort, plain.port]) },
      "after a name that does not exist": {
        dsn: `host=nowhere.invalid,127.0.0.1 port=${plain.port} user=${user} password='${password}'`,
      },
      // The password of the one is not that of the other.
      "after a wrong password": { dsn: chain([tls.port, plain.port]) },
      "nobody there": { dsn: chain([1, 2]) },
    };
    const attributes = ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"];
    for (const wanted of attributes) {
      const more = `target_session_attrs=${wanted}`;
      situations[`${wanted}, primary first`] = { dsn: chain([plain.port, replica.port], more) };
      situations[`${wanted}, standby first`] = { dsn: chain([replica.port, plain.port], more) };
      situations[`${wanted}, primary alone`] = { dsn: chain([1, plain.port], more) };
      situations[`${wanted}, standby alone`] = { dsn: chain([replica.port], more) };
      situations[`${wanted}, read-only by default`] = {
        dsn: chain([plain.port], `${more} options='-c default_transaction_read_only=on'`),
      };
    }
    await expectSame(situations);
  });
});
