import { describe, expect, it } from "vitest";
import { findLibpqOption, libpqOptions, libpqValueProblem } from "./libpq-options.js";

/** "Parameter Key Words" in the chapter on libpq, by the major of PostgreSQL that has them first. */
const keywords: Readonly<Record<number, string>> = {
  14: `host hostaddr port dbname user password passfile channel_binding connect_timeout client_encoding
    options application_name fallback_application_name keepalives keepalives_idle keepalives_interval
    keepalives_count tcp_user_timeout replication gssencmode sslmode sslcompression sslcert sslkey
    sslpassword sslrootcert sslcrl sslcrldir sslsni requirepeer ssl_min_protocol_version
    ssl_max_protocol_version krbsrvname gsslib service target_session_attrs`,
  16: "require_auth sslcertmode load_balance_hosts",
  17: "sslnegotiation gssdelegation",
  18: `min_protocol_version max_protocol_version scram_client_key scram_server_key sslkeylogfile
    oauth_issuer oauth_client_id oauth_client_secret oauth_scope`,
};

/** "Environment Variables" there, of all of these majors. */
const variables = `
  PGHOST PGSSLNEGOTIATION PGHOSTADDR PGPORT PGDATABASE PGUSER PGPASSWORD PGPASSFILE PGREQUIREAUTH
  PGCHANNELBINDING PGSERVICE PGSERVICEFILE PGOPTIONS PGAPPNAME PGSSLMODE PGREQUIRESSL
  PGSSLCOMPRESSION PGSSLCERT PGSSLKEY PGSSLCERTMODE PGSSLROOTCERT PGSSLCRL PGSSLCRLDIR PGSSLSNI
  PGREQUIREPEER PGSSLMINPROTOCOLVERSION PGSSLMAXPROTOCOLVERSION PGGSSENCMODE PGKRBSRVNAME PGGSSLIB
  PGGSSDELEGATION PGCONNECT_TIMEOUT PGCLIENTENCODING PGTARGETSESSIONATTRS PGLOADBALANCEHOSTS
  PGMINPROTOCOLVERSION PGMAXPROTOCOLVERSION PGDATESTYLE PGTZ PGGEQO PGSYSCONFDIR PGLOCALEDIR
  PGOAUTHDEBUG
`;

const words = (text: string) => text.trim().split(/\s+/).sort();

function problem(name: string, value: string) {
  const option = findLibpqOption(name);
  if (option === undefined) {
    throw new Error(`no option ${name}`);
  }
  return libpqValueProblem(option, value)?.type;
}

describe("libpqOptions", () => {
  it.each(Object.entries(keywords))("has the keywords that are new in %s", (major, list) => {
    const known = libpqOptions
      .filter(({ since = 14 }) => since === Number(major))
      .flatMap(({ keyword }) => keyword ?? []);
    expect(known.sort()).toEqual(words(list));
  });

  it("has every variable, once", () => {
    const known = libpqOptions.flatMap(({ variable }) => variable ?? []);
    expect(known.sort()).toEqual(words(variables));
  });

  it("gives a reason for whatever takes no effect", () => {
    for (const { handling } of libpqOptions) {
      if (handling.type !== "used") {
        const reason = handling.type === "refused" ? handling.instead : handling.because;
        expect(reason).toMatch(/\w+ \w+ \w+/);
      }
    }
  });
});

describe("libpqValueProblem", () => {
  it.each([
    ["gssencmode", "require"],
    ["requirepeer", "postgres"],
    ["PGSSLCERTMODE", "require"],
    ["client_encoding", "LATIN1"],
    ["min_protocol_version", "3.2"],
    ["tcp_user_timeout", "1000"],
    ["keepalives_count", "3"],
    ["replication", "database"],
    ["oauth_client_secret", "x"],
  ])("refuses %s=%s, which is not to be had", (name, value) => {
    expect(problem(name, value)).toBe("unsupported");
  });

  it.each([
    ["sslmode", "Require"],
    ["sslmode", ""],
    ["keepalives", ""],
    ["keepalives_idle", "0"],
    ["channel_binding", "maybe"],
    ["target_session_attrs", "readwrite"],
    ["load_balance_hosts", "yes"],
    ["connect_timeout", "abc"],
    ["keepalives", "x"],
    ["sslsni", "2"],
    ["ssl_min_protocol_version", "SSLv3"],
    ["gssencmode", "always"],
    ["require_auth", "scram"],
    ["require_auth", "md5,!password"],
    ["require_auth", "md5,none,md5"],
    ["require_auth", "!md5,!md5"],
    ["require_auth", "md5,"],
  ])("refuses %s=%s, which libpq does not know", (name, value) => {
    expect(problem(name, value)).toBe("invalid");
  });

  it.each([
    ["gssencmode", "prefer"],
    ["client_encoding", "utf-8"],
    ["client_encoding", "UTF8"],
    ["connect_timeout", " 5 "],
    ["tcp_user_timeout", "0"],
    ["ssl_max_protocol_version", "tlsv1.3"],
    ["require_auth", "scram-sha-256,md5"],
    ["require_auth", "!password,!md5,!none"],
    ["replication", "off"],
    ["ssl_min_protocol_version", ""],
    ["require_auth", ""],
    ["sslcert", ""],
    ["client_encoding", ""],
  ])("takes %s=%s", (name, value) => {
    expect(problem(name, value)).toBeUndefined();
  });
});
