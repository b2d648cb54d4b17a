import { chmod, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { pgBouncerMissing, startPgBouncer } from "@pg-mig/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario, cluster } = scenarios({ nodes: 2 });

describe("variables of libpq", () => {
  it("PGTZ, PGDATESTYLE, PGGEQO and PGOPTIONS hold in every file, as in psql", async () => {
    const { database, migrations, pgMig } = await scenario({ shards: ["sh1", "sh2"] });
    const insert = `INSERT INTO t VALUES ('03/02/2026', '2026-01-01 00:00',
      current_setting('geqo') || ' ' || current_setting('work_mem'));`;
    await migrations({
      "1.a.sh": `CREATE TABLE t (day date, moment timestamptz, other text);\n${insert}
        SET TimeZone TO 'UTC'; SET DateStyle TO 'ISO, MDY'; RESET ALL; SET geqo TO on;`,
      "2.b.sh": insert,
      "before.sql": "CREATE TABLE public.zone AS SELECT current_setting('TimeZone') AS zone;",
    });
    const { status, stderr } = await pgMig(["--parallelism=1"], {
      env: {
        PGTZ: "Asia/Tokyo",
        PGDATESTYLE: "SQL, DMY",
        PGGEQO: "off",
        PGOPTIONS: "-c work_mem=5MB",
      },
    });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    for (const shard of ["sh1", "sh2"]) {
      const rows = await database.query(
        `SELECT DISTINCT day::text, (moment AT TIME ZONE 'UTC')::text AS moment, other FROM ${shard}.t`,
      );
      expect(rows).toEqual([
        { day: "2026-02-03", moment: "2025-12-31 15:00:00", other: "off 5MB" },
      ]);
    }
    expect(await database.query("SELECT zone FROM public.zone")).toEqual([{ zone: "Asia/Tokyo" }]);
  });

  it.skipIf(pgBouncerMissing() !== undefined)(
    "PGTZ is refused where a pooler would forget it",
    async () => {
      const { database, migrations, pgMig, column } = await scenario({ shards: ["sh1"] });
      await migrations({ "1.a.sh": "CREATE TABLE t();" });
      const bouncer = await startPgBouncer({ node: cluster().node, mode: "transaction" });
      onTestFinished(() => bouncer.stop());
      const { user, password, name } = database;
      const pghost = `postgres://${user}:${password}@${bouncer.host}:${bouncer.port}/${name}`;
      const options = { env: { PGHOST: pghost, PGTZ: "Asia/Tokyo" } };
      const { status, stderr } = await pgMig(["--allow-pooler"], options);
      expect(status).toBe(1);
      expect(stderr).toContain("PGTZ, PGDATESTYLE, PGGEQO and PGOPTIONS do not hold");
      expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
    },
  );

  it("what would lead elsewhere is refused by name, but where nothing is connected to", async () => {
    const { migrations, pgMig, column } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE t();" });
    const env = { PGGSSENCMODE: "require", PGSSLCERTMODE: "require" };
    for (const args of [[], ["--dry"], ["status"], ["--undo=1.a.sh"]]) {
      const { status, stderr } = await pgMig(args, { env });
      expect(status).toBe(1);
      expect(stderr).toContain("PGGSSENCMODE, PGSSLCERTMODE are set");
    }
    expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
    expect((await pgMig(["--list"], { env })).stdout).toContain("1.a.sh");
  });

  it("PGSERVICE leads to the service's database, whatever else is left over", async () => {
    const { databases, database, migrations, pgMig, write, folder, ledger, column } =
      await scenario({
        shards: ["sh1"],
      });
    await migrations({ "1.a.sh": "CREATE TABLE t();" });
    const { host, port, user, password, name } = database;
    await write(
      ".pg_service.conf",
      `[prod]\nhost=${host}\nport=${port}\nuser=${user}\npassword=${password}\ndbname=${name}\n`,
    );
    const [, other] = databases;
    const env = { PGSERVICE: "prod", PGHOST: other?.host, PGPORT: String(other?.port) };
    const { status, stderr } = await pgMig([], { env });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(await ledger("sh1")).toEqual(["1.a.sh"]);
    expect(await column("SELECT to_regclass('sh1.t')", other)).toEqual([null]);
    const missing = await pgMig([], { env: { ...env, PGSERVICE: "nosuch" } });
    expect(missing.status).toBe(1);
    expect(missing.stderr).toContain('The service "nosuch" is not defined.');
    expect(missing.stderr).toContain(join(folder, ".pg_service.conf"));
    expect(missing.stderr).not.toContain(password);
  });

  it("PGAPPNAME is part of the name under which the server knows the connections", async () => {
    const { database, migrations, pgMig } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE t AS SELECT current_setting('application_name');" });
    expect((await pgMig([], { env: { PGAPPNAME: "deploy-7" } })).status).toBe(0);
    const [row] = await database.query("SELECT * FROM sh1.t");
    expect(Object.values(row ?? {})[0]).toMatch(/^pg-mig apply .+ deploy-7$/);
  });

  it("PGCONNECT_TIMEOUT says how long a server has to answer", async () => {
    const { migrations, pgMig } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "" });
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const env = { PGCONNECT_TIMEOUT: "2" };
    const { stderr } = await pgMig([`--hosts=127.0.0.1:${port}`], { env });
    expect(stderr).toContain(`No server answered at 127.0.0.1:${port} within 2 s.`);
    const refused = await pgMig([], { env: { PGCONNECT_TIMEOUT: "soon" } });
    expect(refused.stderr).toContain("PGCONNECT_TIMEOUT");
  });

  it("a password file that others may read is named, once for all nodes, and not used", async () => {
    const { databases, migrations, pgMig, folder } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "" });
    const passFile = join(folder, "pgpass");
    const [database] = databases;
    await writeFile(passFile, `*:*:*:*:${database?.password}\n`);
    await chmod(passFile, 0o644);
    const hosts = databases.map(({ host, port, name }) => `${host}:${port}/${name}`).join(",");
    const env = { PGHOST: hosts, PGUSER: database?.user, PGPASSFILE: passFile };
    const { status, stdout, stderr } = await pgMig([], { env });
    expect(status).toBe(1);
    const problem = `The password file ${passFile} has group or world access`;
    expect(stderr).toContain(`and none is set. ${problem}`);
    const told = `${stdout}\n${stderr}`.split("\n").filter((line) => line.startsWith(problem));
    expect(told).toHaveLength(1);
    await chmod(passFile, 0o600);
    expect((await pgMig([], { env })).status).toBe(0);
  });
});
