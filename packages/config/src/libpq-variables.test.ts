import { PgMigError } from "@pg-mig/model";
import { describe, expect, it } from "vitest";
import { findConnectionParameters, findStartupParameters } from "./libpq-variables.js";

function refusal(
  env: Readonly<Record<string, string>>,
  config: Readonly<Record<string, unknown>> = {},
): PgMigError | undefined {
  try {
    findConnectionParameters([{ path: "/c.ts", config }], env);
    return undefined;
  } catch (error) {
    if (error instanceof PgMigError) {
      return error;
    }
    throw error;
  }
}

describe("findConnectionParameters", () => {
  it.each([
    ["PGGSSENCMODE", "require"],
    ["PGSSLCERTMODE", "require"],
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
    const { message, problems } =
      refusal({ PGGSSENCMODE: "require", PGSSLCERTMODE: "require" }) ?? {};
    expect(message).toContain("PGGSSENCMODE, PGSSLCERTMODE");
    expect(problems).toHaveLength(2);
  });
});

describe("what findConnectionParameters gives", () => {
  it("has what is set, by keyword; the config file is stronger", () => {
    const env = { PGCHANNELBINDING: "require", PGSSLCRL: "/crl", PGAPPNAME: "mine", PGSSLSNI: "0" };
    const layers = [{ path: "/c", config: { PGSSLCRL: "/other", PGSSLSNI: 1, keepalives: "0" } }];
    expect(findConnectionParameters(layers, env)).toEqual({
      channel_binding: "require",
      sslcrl: "/other",
      application_name: "mine",
      sslsni: "1",
    });
  });

  it("has the keywords of a service that have no variable", () => {
    const layers = [{ path: "/s", config: { keepalives: "0" }, isService: true }] as const;
    expect(findConnectionParameters(layers, {})).toEqual({ keepalives: "0" });
  });

  it.each([
    ["PGCHANNELBINDING", "maybe"],
    ["PGREQUIREAUTH", "scram"],
    ["PGTARGETSESSIONATTRS", "readwrite"],
    ["PGSSLMINPROTOCOLVERSION", "SSLv3"],
    ["PGSSLSNI", "yes"],
  ])("refuses %s=%s, which libpq does not know", (name, value) => {
    const { code, message } = refusal({ [name]: value }) ?? {};
    expect(code).toBe("SETTING_INVALID");
    expect(message).toContain(`the environment variable ${name}`);
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
