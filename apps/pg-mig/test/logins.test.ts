import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { quote, type Scenario, scenarios } from "./scenario.js";

const { scenario, cluster } = scenarios({ nodes: 1, servers: "own" });

/** Every character that means something to a URL, a list of hosts, a password file or SQL. */
const password = `p@ss:w/r d?%#,;=&'"\\ü`;

/** Makes a role that may log in, and gives what follows `postgres://…@` in a URL of the database. */
async function withLogin({ database }: Scenario, role: string, options: string): Promise<string> {
  const { node } = cluster();
  const [name, secret] = [quote(role), password.replaceAll("'", "''")];
  await node.query(`CREATE ROLE ${name} LOGIN PASSWORD '${secret}' ${options}`);
  onTestFinished(async () => {
    await database.query(`DROP OWNED BY ${name}`);
    await node.query(`DROP ROLE ${name}`);
  });
  return `${database.host}:${database.port}/${database.name}`;
}

/** Fails if any piece of the password is in a text, as it is or encoded. */
function expectNoPassword(text: string): void {
  expect(text).not.toMatch(/p@ss|p%40ss|w\/r|d\?%|%2Fr|ü|%C3%BC/);
}

describe("a password that holds every character that means something somewhere", () => {
  // brianc/node-postgres#133, rickbergfalk/postgrator#30
  it("lets in from an option, the environment, a URL and the password file, and is never shown", async () => {
    const made = await scenario({ shards: ["sh1"] });
    const address = await withLogin(made, "ann", "SUPERUSER");
    const { migrations, pgMig, folder, ledger } = made;
    const passFile = join(folder, ".pgpass");
    const user = { PGUSER: "ann", PGHOST: address };
    const ways = [
      { args: [`--hosts=${address}`, "--user=ann", `--pass=${password}`], env: {} },
      { args: [], env: { ...user, PGPASSWORD: password } },
      { args: [], env: { PGHOST: `postgres://ann:${encodeURIComponent(password)}@${address}` } },
      { args: [], env: user, file: `*:*:*:ann:${password.replaceAll(/[:\\]/g, "\\$&")}\n` },
    ];
    for (const [i, { args, env, file }] of ways.entries()) {
      await migrations({ [`${i}.a.sh`]: "SELECT 1;" });
      if (file !== undefined) {
        await writeFile(passFile, file);
        await chmod(passFile, 0o600);
      }
      const { status, stdout, stderr } = await pgMig(args, { env });
      expect({ status, stderr }).toMatchObject({ status: 0 });
      expectNoPassword(`${stdout}${stderr}`);
      expect(await ledger("sh1")).toHaveLength(i + 1);
    }
    await migrations({ "9.bad.sh": "SELECT 1/0;" });
    for (const { args, env } of ways) {
      const told = ["--json", "--debug", "--report=last.json"];
      const { status, stdout, stderr } = await pgMig([...args, ...told], { env });
      expect(status).toBe(1);
      const report = await readFile(join(folder, "last.json"), "utf8");
      expect(report).toContain("division by zero");
      expectNoPassword(`${stdout}${stderr}${report}`);
    }
  });

  it("is not shown either if it is not encoded in a URL: that is refused, or fails", async () => {
    const made = await scenario({ shards: ["sh1"] });
    await made.migrations({ "1.a.sh": "CREATE TABLE t();" });
    const address = `${made.database.host}:1/x`;
    const forms = [password, "p@ss", "p@ss:w/r", "p@ss#w/r", "p@ss?w/r", "p@ss%zzw/r", "p@ss w/r"];
    for (const raw of forms) {
      const env = { PGHOST: `postgres://ann:${raw}@${address}` };
      const { status, stdout, stderr } = await made.pgMig(["--json", "--debug"], { env });
      expect({ raw, status }).toEqual({ raw, status: 1 });
      expectNoPassword(`${stdout}${stderr}`);
    }
  });
});

describe("a password that may expire", () => {
  it("is asked for each new connection: from a function, or from a command", async () => {
    const made = await scenario({ shards: ["sh1", "sh2"] });
    const address = await withLogin(made, "tokens", "SUPERUSER");
    const { migrations, pgMig, folder, ledger, write } = made;
    await write("secret", password);
    const env = { PGHOST: address, PGUSER: "tokens", PGPASSWORD: "stale" };
    const configs = [
      `const { appendFileSync, readFileSync } = require("node:fs");
       module.exports = { PGPASSWORD: async ({ user }) => {
         appendFileSync("asked", user + " ");
         return readFileSync("secret", "utf8");
       } };`,
      `module.exports = { passwordCommand: 'printf "$PGUSER " >> asked && cat secret' };`,
    ];
    for (const [i, config] of configs.entries()) {
      await write("pg-mig.config.cjs", config);
      await write("asked", "");
      await migrations({ [`${i}.a.sh`]: "SELECT 1;" });
      const { status, stdout, stderr } = await pgMig(["--debug"], { env });
      expect({ status, stderr }).toMatchObject({ status: 0 });
      expectNoPassword(`${stdout}${stderr}`);
      expect(await ledger("sh2")).toHaveLength(i + 1);
      expect(await readFile(join(folder, "asked"), "utf8")).toMatch(/^tokens tokens /);
    }
    await write("pg-mig.config.cjs", "module.exports = { passwordCommand: 'cat secret; exit 3' };");
    const { status, stdout, stderr } = await pgMig(["--debug", "--force"], { env });
    expect(status).toBe(1);
    expect(stderr).toContain('Getting the password of user "tokens"');
    expectNoPassword(`${stdout}${stderr}`);
  });
});

describe("a login that the server refuses", () => {
  it("is one sentence that names the node and the user, and shows no password", async () => {
    const made = await scenario({ shards: ["sh1"] });
    const { node } = cluster();
    const { database, migrations, pgMig, column } = made;
    await migrations({ "1.a.sh": "CREATE TABLE t();" });
    const address = await withLogin(made, "expired", "SUPERUSER VALID UNTIL '2001-01-01'");
    await withLogin(made, "rejected", "SUPERUSER");
    await withLogin(made, "outsider", "");
    await database.query(`REVOKE CONNECT ON DATABASE ${database.name} FROM PUBLIC`);
    const rules = join(node.dataDirectory, "pg_hba.conf");
    await writeFile(rules, `host all rejected all reject\n${await readFile(rules, "utf8")}`);
    await node.query("SELECT pg_reload_conf()");
    const refusals = [
      ["expired", password, /password/],
      ["postgres", password, /password/],
      ["rejected", password, /pg_hba\.conf/],
      ["outsider", password, /CONNECT|permission denied for database/],
      ["nobody", password, /password/],
    ] as const;
    for (const [user, secret, words] of refusals) {
      const url = `postgres://${user}:${encodeURIComponent(secret)}@${address}`;
      const { status, stdout, stderr } = await pgMig([], { env: { PGHOST: url } });
      expect({ user, status, stdout }).toEqual({ user, status: 1, stdout: "" });
      expect(stderr).toMatch(/^error: /);
      expect(stderr).toContain(`${database.host}:${database.port}`);
      expect(stderr).toContain(user);
      expect(stderr).toMatch(words);
      expect(stderr).toContain("what to do: ");
      expectNoPassword(stderr);
    }
    expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
  });
});

describe("a role that is not let in", () => {
  it.each([
    ["NOLOGIN", 'let the role log in: ALTER ROLE "ann" LOGIN;'],
    [
      "VALID UNTIL '2020-01-01'",
      "If it is right, it has expired: VALID UNTIL of the role says when.",
    ],
  ])("is told how it gets in: %s", async (option, advice) => {
    const made = await scenario();
    const address = await withLogin(made, "ann", "");
    await made.database.query(`ALTER ROLE ann ${option}`);
    await made.migrations({ "1.a.sh": "SELECT 1;" });
    const env = { PGHOST: `postgres://ann:${encodeURIComponent(password)}@${address}` };
    const { status, stderr } = await made.pgMig(["status"], { env });
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(advice) });
    expectNoPassword(stderr);
  });
});
