/**
 * What becomes of an option of libpq:
 * - `used`: it takes effect, in libpq's meaning;
 * - `refused`: it would change where or how we connect, or who may answer, in a way that we do not
 *   have; values that mean what we do anyway (`unless`) pass;
 * - `harmless`: it changes nothing that we do, for the reason given.
 */
export type LibpqHandling =
  | { readonly type: "used" }
  | { readonly type: "refused"; readonly instead: string; readonly unless?: RegExp }
  | { readonly type: "harmless"; readonly because: string };

/** One option of libpq: a keyword of connection strings, a variable of the environment, or both. */
export interface LibpqOption {
  readonly keyword?: string;
  readonly variable?: string;
  /** The first major of PostgreSQL that has it; without it, 14 has it already. */
  readonly since?: number;
  readonly handling: LibpqHandling;
  /** What its value must be; everything else libpq refuses, too. */
  readonly values?: { readonly pattern: RegExp; readonly expected: string };
  /** Its value is never shown. */
  readonly isSecret?: true;
}

const used = { type: "used" } as const;
const harmless = (because: string) => ({ type: "harmless", because }) as const;
/** `instead` says what to do. */
const refused = (instead: string, unless?: RegExp) =>
  ({ type: "refused", instead, ...(unless && { unless }) }) as const;

const oneOf = (...words: readonly string[]) => ({
  pattern: new RegExp(`^(?:${words.join("|")})$`),
  expected: `one of ${words.join(", ")}`,
});
const whole = { pattern: /^\s*[-+]?\d+\s*$/, expected: "a whole number" };
const positive = { pattern: /^\s*\+?0*[1-9]\d*\s*$/, expected: "a whole number from 1" };
const zeroOrOne = { pattern: /^[01]?$/, expected: "0 or 1" };
const tlsVersion = {
  pattern: /^(?:TLSv1(?:\.[123])?)?$/i,
  expected: "one of TLSv1, TLSv1.1, TLSv1.2, TLSv1.3",
};
const protocol = { pattern: /^(?:3\.0|3\.2|latest)$/, expected: "one of 3.0, 3.2, latest" };

const noKerberos = harmless("Kerberos is not spoken at all, and gssencmode=require is refused");
const noOauth = refused("OAuth is not spoken: log in with a password or a certificate.");
const notFromNode =
  "Node.js cannot set it on a socket: set net.ipv4.tcp_… of this machine, or tcp_… of the server.";

/**
 * All connection keywords and environment variables of libpq of PostgreSQL 14 to 18, as chapter
 * "libpq" of the manual lists them. None is ignored.
 */
export const libpqOptions: readonly LibpqOption[] = [
  { keyword: "host", variable: "PGHOST", handling: used },
  { keyword: "hostaddr", variable: "PGHOSTADDR", handling: used },
  { keyword: "port", variable: "PGPORT", handling: used },
  { keyword: "dbname", variable: "PGDATABASE", handling: used },
  { keyword: "user", variable: "PGUSER", handling: used },
  { keyword: "password", variable: "PGPASSWORD", handling: used, isSecret: true },
  { keyword: "passfile", variable: "PGPASSFILE", handling: used },
  {
    keyword: "require_auth",
    variable: "PGREQUIREAUTH",
    since: 16,
    handling: used,
    values: {
      pattern: requireAuthPattern(),
      expected:
        "a list of password, md5, gss, sspi, scram-sha-256, oauth and none, each with a ! before it or none of them, and none twice",
    },
  },
  {
    keyword: "channel_binding",
    variable: "PGCHANNELBINDING",
    handling: used,
    values: oneOf("disable", "prefer", "require"),
  },
  { keyword: "connect_timeout", variable: "PGCONNECT_TIMEOUT", handling: used, values: whole },
  {
    keyword: "client_encoding",
    variable: "PGCLIENTENCODING",
    handling: refused("Files and connections are in UTF-8.", /^(?:utf[-_ ]?8|unicode)$/i),
  },
  { keyword: "options", variable: "PGOPTIONS", handling: used },
  { keyword: "application_name", variable: "PGAPPNAME", handling: used },
  { keyword: "fallback_application_name", handling: used },
  { keyword: "keepalives", handling: used, values: whole },
  { keyword: "keepalives_idle", handling: used, values: positive },
  { keyword: "keepalives_interval", handling: refused(notFromNode), values: positive },
  { keyword: "keepalives_count", handling: refused(notFromNode), values: positive },
  { keyword: "tcp_user_timeout", handling: refused(notFromNode, /^\s*[-+]?0+\s*$/), values: whole },
  {
    keyword: "replication",
    handling: refused("Migrations run over ordinary connections.", /^(?:false|off|no|0)$/i),
  },
  {
    keyword: "gssencmode",
    variable: "PGGSSENCMODE",
    handling: refused("Kerberos is not spoken: encrypt with sslmode.", /^(?:disable|prefer)$/),
    values: oneOf("disable", "prefer", "require"),
  },
  {
    keyword: "sslmode",
    variable: "PGSSLMODE",
    handling: used,
    values: oneOf("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
  },
  { variable: "PGREQUIRESSL", handling: used },
  {
    keyword: "sslnegotiation",
    variable: "PGSSLNEGOTIATION",
    since: 17,
    handling: used,
    values: oneOf("postgres", "direct"),
  },
  {
    keyword: "sslcompression",
    variable: "PGSSLCOMPRESSION",
    handling: harmless("no server has it any more"),
  },
  { keyword: "sslcert", variable: "PGSSLCERT", handling: used },
  { keyword: "sslkey", variable: "PGSSLKEY", handling: used },
  { keyword: "sslpassword", handling: used, isSecret: true },
  {
    keyword: "sslcertmode",
    variable: "PGSSLCERTMODE",
    since: 16,
    handling: refused(
      "Node.js does not tell whether a server asked for the certificate: let pg_hba.conf demand it.",
      /^(?:disable|allow)$/,
    ),
    values: oneOf("disable", "allow", "require"),
  },
  { keyword: "sslrootcert", variable: "PGSSLROOTCERT", handling: used },
  { keyword: "sslcrl", variable: "PGSSLCRL", handling: used },
  { keyword: "sslcrldir", variable: "PGSSLCRLDIR", handling: used },
  { keyword: "sslsni", variable: "PGSSLSNI", handling: used, values: zeroOrOne },
  {
    keyword: "requirepeer",
    variable: "PGREQUIREPEER",
    handling: refused(
      "Node.js does not tell who listens on a Unix socket: connect over TLS with sslmode=verify-full.",
    ),
  },
  {
    keyword: "ssl_min_protocol_version",
    variable: "PGSSLMINPROTOCOLVERSION",
    handling: used,
    values: tlsVersion,
  },
  {
    keyword: "ssl_max_protocol_version",
    variable: "PGSSLMAXPROTOCOLVERSION",
    handling: used,
    values: tlsVersion,
  },
  {
    keyword: "min_protocol_version",
    variable: "PGMINPROTOCOLVERSION",
    since: 18,
    handling: refused("Version 3.0 of the protocol is spoken.", /^3\.0$/),
    values: protocol,
  },
  {
    keyword: "max_protocol_version",
    variable: "PGMAXPROTOCOLVERSION",
    since: 18,
    handling: harmless("version 3.0 of the protocol is spoken, the lowest that there is"),
    values: protocol,
  },
  { keyword: "krbsrvname", variable: "PGKRBSRVNAME", handling: noKerberos },
  { keyword: "gsslib", variable: "PGGSSLIB", handling: noKerberos },
  { keyword: "gssdelegation", variable: "PGGSSDELEGATION", since: 17, handling: noKerberos },
  { keyword: "service", variable: "PGSERVICE", handling: used },
  {
    keyword: "target_session_attrs",
    variable: "PGTARGETSESSIONATTRS",
    handling: used,
    values: oneOf("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
  },
  {
    keyword: "load_balance_hosts",
    variable: "PGLOADBALANCEHOSTS",
    since: 16,
    handling: used,
    values: oneOf("disable", "random"),
  },
  {
    keyword: "scram_client_key",
    since: 18,
    handling: refused("Log in with the password itself."),
    isSecret: true,
  },
  {
    keyword: "scram_server_key",
    since: 18,
    handling: refused("Log in with the password itself."),
    isSecret: true,
  },
  {
    keyword: "sslkeylogfile",
    since: 18,
    handling: refused("Start with NODE_OPTIONS=--tls-keylog=FILE to write the keys of TLS."),
  },
  { keyword: "oauth_issuer", since: 18, handling: noOauth },
  { keyword: "oauth_client_id", since: 18, handling: noOauth },
  { keyword: "oauth_client_secret", since: 18, handling: noOauth, isSecret: true },
  { keyword: "oauth_scope", since: 18, handling: noOauth },

  { variable: "PGSERVICEFILE", handling: used },
  { variable: "PGSYSCONFDIR", handling: used },
  { variable: "PGTZ", handling: used },
  { variable: "PGDATESTYLE", handling: used },
  { variable: "PGGEQO", handling: used },
  { variable: "PGLOCALEDIR", handling: harmless("it is for the messages of libpq") },
  {
    variable: "PGOAUTHDEBUG",
    since: 18,
    handling: harmless("OAuth is not spoken at all, and what would configure it is refused"),
  },
];

const byKeyword = new Map(libpqOptions.map((option) => [option.keyword, option]));
const byVariable = new Map(libpqOptions.map((option) => [option.variable, option]));

/** Finds an option by its keyword, `sslmode`, or by its variable, `PGSSLMODE`. */
export function findLibpqOption(name: string): LibpqOption | undefined {
  return byKeyword.get(name) ?? byVariable.get(name);
}

/** Why a value of an option of libpq cannot be used. The texts do not show it. */
export interface LibpqValueProblem {
  readonly type: "invalid" | "unsupported";
  /** For `invalid` what was expected; for `unsupported` what to do instead. */
  readonly advice: string;
}

/** Says what is wrong with a value; `undefined`: nothing. Pure. */
export function libpqValueProblem(
  { handling, values }: LibpqOption,
  value: string,
): LibpqValueProblem | undefined {
  if (values !== undefined && !values.pattern.test(value)) {
    return { type: "invalid", advice: values.expected };
  }
  if (handling.type !== "refused" || value === "" || handling.unless?.test(value)) {
    return undefined;
  }
  return { type: "unsupported", advice: handling.instead };
}

/** A list of methods, all with or all without "!", none twice. */
function requireAuthPattern(): RegExp {
  const method = "(?:password|md5|gss|sspi|scram-sha-256|oauth|none)";
  const list = (sign: string) => `${sign}${method}(?:,${sign}${method})*`;
  return new RegExp(
    `^(?!.*(?<![-\\w])(${method})(?=,).*,!?\\1(?:,|$))(?:${list("")}|${list("!")})?$`,
  );
}
