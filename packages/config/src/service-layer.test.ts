import { describe, expect, it } from "vitest";
import type { ConfigLayer } from "./config-layer.js";
import { mergeSettings } from "./merge-settings.js";
import { withServiceLayer } from "./service-layer.js";

const service = {
  host: "a,b",
  port: "1,2",
  user: "of-service",
  password: "secret",
  sslmode: "require",
  keepalives: "0",
  target_session_attrs: "primary",
};

async function merge({
  env = {},
  layers = [],
  flags = {},
  parameters = service,
}: {
  readonly parameters?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly layers?: readonly ConfigLayer[];
  readonly flags?: Readonly<Record<string, string>>;
}) {
  const asked: unknown[] = [];
  const all = await withServiceLayer(
    { layers, env },
    {
      home: "/home/ann",
      readService: async (...question) => {
        asked.push(question);
        return { path: "/s.conf", parameters };
      },
    },
  );
  const settings = mergeSettings({
    flags,
    layers: all,
    env: { PGMIGDIR: "/mig", ...env },
    cwd: "/",
    os: { user: "ann", home: "/home/ann", uid: 1000 },
  });
  return { settings, asked };
}

describe("withServiceLayer", () => {
  it.each([
    ["port", "x", "Expected port in /s.conf to be a port, a whole number from 1 to 65535"],
    ["sslmode", "maybe", "Expected sslmode in /s.conf to be one of"],
    ["connect_timeout", "soon", "Expected connect_timeout in /s.conf to be"],
    ["sslcertmode", "require", "sslcertmode in /s.conf is set, and"],
    ["keepalives_interval", "5", "keepalives_interval in /s.conf is set, and"],
  ])(
    "names a wrong value by the keyword that is written there: %s=%s",
    async (keyword, value, words) => {
      const layer = merge({
        env: { PGSERVICE: "prod" },
        parameters: { host: "a", [keyword]: value },
      });
      const { message, hint } = await layer.then(
        () => expect.unreachable(),
        (error) => error,
      );
      expect(message).toContain(words);
      expect(hint).toContain(keyword);
      expect(`${message} ${hint}`).not.toMatch(/PG[A-Z]/);
    },
  );

  it("lets a service win over the environment that names it, and makes its hosts one node", async () => {
    const env = { PGSERVICE: "prod", PGHOST: "c", PGUSER: "of-env", PGDATABASE: "app" };
    const { settings, asked } = await merge({ env });
    expect(settings).toMatchObject({
      hosts: ["host='a,b' port='1,2'"],
      port: 5432,
      user: "of-service",
      password: "secret",
      database: "app",
      sslMode: "require",
      exported: {},
    });
    expect(settings.parameters).toMatchObject({
      keepalives: "0",
      target_session_attrs: "primary",
      service: "prod",
    });
    expect(asked).toEqual([
      [
        "prod",
        [
          { path: "/home/ann/.pg_service.conf", isRequired: false },
          { path: "/etc/postgresql-common/pg_service.conf", isRequired: false },
          { path: "/etc/sysconfig/pgsql/pg_service.conf", isRequired: false },
          { path: "/etc/pg_service.conf", isRequired: false },
        ],
      ],
    ]);
  });

  it("lets the command line, and config files if the environment names the service, win over it", async () => {
    const layers = [{ path: "/c", config: { PGUSER: "of-config" } }];
    const env = { PGSERVICE: "prod" };
    const { settings } = await merge({ env, layers, flags: { hosts: "d" } });
    expect(settings).toMatchObject({ hosts: ["d"], user: "of-config", password: "secret" });
  });

  it("lets a service that a config file names win over that file, and not over nearer ones", async () => {
    const outer = {
      path: "/c",
      config: { PGSERVICE: "prod", PGUSER: "of-outer", PGSSLMODE: "allow" },
    };
    const inner = { path: "/c/d", config: { PGUSER: "of-inner" } };
    const { settings } = await merge({ layers: [outer, inner] });
    expect(settings).toMatchObject({ user: "of-inner", sslMode: "require" });
  });

  it("looks where PGSERVICEFILE and PGSYSCONFDIR say", async () => {
    const env = { PGSERVICE: "prod", PGSERVICEFILE: "/f", PGSYSCONFDIR: "/dir" };
    const { asked } = await merge({ env });
    expect(asked).toEqual([
      [
        "prod",
        [
          { path: "/f", isRequired: true },
          { path: "/dir/pg_service.conf", isRequired: false },
        ],
      ],
    ]);
  });
});
