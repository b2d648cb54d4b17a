import { PgMigError } from "@pg-mig/model";
import { describe, expect, it } from "vitest";
import {
  findStartupParameters,
  libpqVariables,
  refuseUnsupportedVariables,
} from "./libpq-variables.js";

/** "Environment Variables" in the chapter on libpq, of the manuals of PostgreSQL 14 to 18. */
const documented = `
  PGHOST PGSSLNEGOTIATION PGHOSTADDR PGPORT PGDATABASE PGUSER PGPASSWORD PGPASSFILE PGREQUIREAUTH
  PGCHANNELBINDING PGSERVICE PGSERVICEFILE PGOPTIONS PGAPPNAME PGSSLMODE PGREQUIRESSL
  PGSSLCOMPRESSION PGSSLCERT PGSSLKEY PGSSLCERTMODE PGSSLROOTCERT PGSSLCRL PGSSLCRLDIR PGSSLSNI
  PGREQUIREPEER PGSSLMINPROTOCOLVERSION PGSSLMAXPROTOCOLVERSION PGGSSENCMODE PGKRBSRVNAME PGGSSLIB
  PGGSSDELEGATION PGCONNECT_TIMEOUT PGCLIENTENCODING PGTARGETSESSIONATTRS PGLOADBALANCEHOSTS
  PGMINPROTOCOLVERSION PGMAXPROTOCOLVERSION PGDATESTYLE PGTZ PGGEQO PGSYSCONFDIR PGLOCALEDIR
`;

function refusal(
  env: Readonly<Record<string, string>>,
  config: Readonly<Record<string, unknown>> = {},
): PgMigError | undefined {
  try {
    refuseUnsupportedVariables([{ path: "/c.ts", config }], env);
    return undefined;
  } catch (error) {
    if (error instanceof PgMigError) {
      return error;
    }
    throw error;
  }
}

describe("libpqVariables", () => {
  it("has every variable of libpq", () => {
    const known = Object.keys(libpqVariables);
    for (const name of documented.trim().split(/\s+/)) {
      expect(known).toContain(name);
    }
  });
});

describe("refuseUnsupportedVariables", () => {
  it.each([
    ["PGSERVICE", "prod"],
    ["PGHOSTADDR", "10.0.0.1"],
    ["PGTARGETSESSIONATTRS", "read-write"],
    ["PGTARGETSESSIONATTRS", "standby"],
    ["PGLOADBALANCEHOSTS", "random"],
    ["PGREQUIREAUTH", "scram-sha-256"],
    ["PGREQUIREPEER", "postgres"],
    ["PGCHANNELBINDING", "require"],
    ["PGGSSENCMODE", "require"],
    ["PGREQUIRESSL", "1"],
    ["PGSSLNEGOTIATION", "direct"],
    ["PGSSLMINPROTOCOLVERSION", "TLSv1.3"],
    ["PGSSLMAXPROTOCOLVERSION", "TLSv1.2"],
    ["PGSSLCRL", "/crl.pem"],
    ["PGSSLCRLDIR", "/crls"],
    ["PGSSLCERTMODE", "require"],
    ["PGSSLSNI", "0"],
    ["PGCLIENTENCODING", "LATIN1"],
    ["PGMINPROTOCOLVERSION", "3.2"],
  ])("refuses %s=%s by name", (name, value) => {
    const { code, message, hint } = refusal({ [name]: value }) ?? {};
    expect(code).toBe("SETTING_UNSUPPORTED");
    expect(message).toContain(`The environment variable ${name} is set`);
    expect(hint).toContain(`Unset ${name}.`);
    expect(refusal({}, { [name]: value })?.message).toContain(`${name} in /c.ts`);
    expect(refusal({ [name]: "" })).toBeUndefined();
  });

  it.each([
    { PGTARGETSESSIONATTRS: "any", PGLOADBALANCEHOSTS: "disable", PGSSLNEGOTIATION: "postgres" },
    { PGTARGETSESSIONATTRS: "primary", PGCHANNELBINDING: "prefer", PGGSSENCMODE: "prefer" },
    { PGCHANNELBINDING: "disable", PGGSSENCMODE: "disable", PGSSLMINPROTOCOLVERSION: "TLSv1.2" },
    { PGSSLMAXPROTOCOLVERSION: "TLSv1.3", PGSSLCERTMODE: "allow", PGSSLSNI: "1" },
    { PGCLIENTENCODING: "utf8", PGMINPROTOCOLVERSION: "3.0", PGMAXPROTOCOLVERSION: "latest" },
    { PGCLIENTENCODING: "UTF-8", PGREQUIRESSL: "0", PGSERVICEFILE: "/etc/services.conf" },
    { PGREQUIRESSL: "1", PGSSLMODE: "prefer" },
    { PGAPPNAME: "mine", PGKRBSRVNAME: "postgres", PGSYSCONFDIR: "/etc" },
  ])("takes what changes nothing: %j", (env) => {
    expect(refusal(env)).toBeUndefined();
  });

  it("names all of several at once", () => {
    const { message, problems } = refusal({ PGSERVICE: "x", PGREQUIREAUTH: "md5" }) ?? {};
    expect(message).toContain("PGSERVICE, PGREQUIREAUTH");
    expect(problems).toHaveLength(2);
  });
});

describe("findStartupParameters", () => {
  it("sends what is set, under the server's names; the config file is stronger", () => {
    const env = {
      PGTZ: "Asia/Tokyo",
      PGDATESTYLE: "SQL, DMY",
      PGGEQO: "off",
      PGOPTIONS: "-c a.b=1",
    };
    expect(
      findStartupParameters([{ path: "/c", config: { PGTZ: "UTC", PGGEQO: true } }], env),
    ).toEqual({ TimeZone: "UTC", DateStyle: "SQL, DMY", geqo: "true", options: "-c a.b=1" });
  });

  it("sends nothing for what is empty or the server's own", () => {
    const env = { PGTZ: "", PGDATESTYLE: "default", PGGEQO: "DEFAULT" };
    expect(findStartupParameters([], env)).toEqual({});
  });
});
