import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { discoverNodes, readService } from "@pg-mig/cluster";
import { resolveSettings } from "@pg-mig/config";
import { isPgMigError, type LibpqOption, libpqOptions } from "@pg-mig/model";
import { describe, expect, it, onTestFinished } from "vitest";
import { uninterrupted } from "../src/interruption.js";
import { clusterOptions } from "../src/run-options.js";

/** For each option that is refused, a value that libpq would follow. */
const followed: Readonly<Record<string, string>> = {
  client_encoding: "LATIN1",
  keepalives_interval: "5",
  keepalives_count: "3",
  tcp_user_timeout: "1000",
  replication: "database",
  gssencmode: "require",
  sslcertmode: "require",
  requirepeer: "postgres",
  min_protocol_version: "3.2",
  scram_client_key: "c2VzYW1l",
  scram_server_key: "c2VzYW1l",
  sslkeylogfile: "/tmp/keys",
  oauth_issuer: "https://example.com",
  oauth_client_id: "me",
  oauth_client_secret: "sesame",
  oauth_scope: "all",
};

/** The ways in which a value of an option can be given: a connection string, or the environment. */
type Way = (
  option: LibpqOption,
  value: string,
) => { readonly dsn?: string; readonly env?: Record<string, string>; readonly service?: string };

const socket = "/var/tmp";
const byKeyword: Readonly<Record<string, Way>> = {
  "a connection string": ({ keyword }, value) => ({ dsn: `host=${socket} ${keyword}='${value}'` }),
  "a URL": ({ keyword }, value) => ({
    dsn: `postgres://${encodeURIComponent(socket)}/db?${keyword}=${encodeURIComponent(value)}`,
  }),
  "the service of PGSERVICE": ({ keyword }, value) => ({
    env: { PGSERVICE: "prod" },
    service: `[prod]\nhost=${socket}\n${keyword}=${value}\n`,
  }),
  "the service of a connection string": ({ keyword }, value) => ({
    dsn: "service=prod",
    service: `[prod]\nhost=${socket}\n${keyword}=${value}\n`,
  }),
};
const byVariable: Readonly<Record<string, Way>> = {
  "the environment": ({ variable }, value) => ({
    env: { PGHOST: socket, [String(variable)]: value },
  }),
};

/** What is said of a value; `undefined`: it is taken. */
async function refusal(way: Way, option: LibpqOption, value: string): Promise<string | undefined> {
  const home = await mkdtemp(join(tmpdir(), "pg-mig-home-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const { dsn, env = {}, service = "" } = way(option, value);
  await writeFile(join(home, ".pg_service.conf"), service);
  try {
    const settings = await resolveSettings({
      flags: { migdir: "mig", ...(dsn === undefined ? {} : { hosts: dsn }) },
      env,
      cwd: home,
      action: "apply",
      readService,
      os: { user: "ann", home, uid: process.geteuid?.() },
    });
    const given = { settings, cwd: home, interruption: uninterrupted };
    const { sources, defaults } = await clusterOptions(given);
    const { signal } = new AbortController();
    await discoverNodes(sources, { defaults, signal, log: () => {} });
    return undefined;
  } catch (error) {
    if (!isPgMigError(error)) {
      throw error;
    }
    const { message, hint, problems } = error;
    return [message, hint, ...problems.flatMap((one) => [one.message, one.hint])].join(" ");
  }
}

async function expectNamed(option: LibpqOption, value: string): Promise<void> {
  const { keyword, variable, isSecret } = option;
  const ways = [
    ...(keyword === undefined ? [] : Object.entries(byKeyword)),
    ...(variable === undefined ? [] : Object.entries(byVariable)),
  ];
  for (const [name, way] of ways) {
    const said = await refusal(way, option, value);
    const word = way === byVariable[name] ? variable : keyword;
    expect({ name, said }).toEqual({ name, said: expect.stringContaining(String(word)) });
    if (isSecret === true) {
      expect(said).not.toContain(value);
    }
  }
}

const nameOf = ({ keyword, variable }: LibpqOption) => String(keyword ?? variable);
const named = (options: readonly LibpqOption[]) =>
  options.map((option) => [nameOf(option), option] as const);
const refused = libpqOptions.filter(({ handling }) => handling.type === "refused");
const checked = libpqOptions.filter(({ values }) => values !== undefined);

describe("an option of libpq that pg-mig does not have", () => {
  it("is one of those that are tried here", () => {
    expect(refused.map(nameOf).sort()).toEqual(Object.keys(followed).sort());
  });

  it.each(named(refused))(
    "is refused by name, whichever way it is given: %s",
    async (name, option) => {
      await expectNamed(option, followed[name] ?? "");
    },
  );
});

describe("a value that libpq does not know", () => {
  it.each(named(checked))(
    "is refused by name, whichever way it is given: %s",
    async (_, option) => {
      await expectNamed(option, "nonsense");
    },
  );
});
