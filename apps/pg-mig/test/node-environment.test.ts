import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestDatabase } from "@pg-mig/testkit";
import { describe, expect, it } from "vitest";
import { type Scenario, scenarios } from "./scenario.js";

const { scenario, cluster } = scenarios({ nodes: 2, servers: "own" });

const names = ["PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSSLMODE"];

/** Appends what the file sees of its environment, by `\getenv` and by a shell, to public.seen. */
function lookAround(file: string): string {
  return [
    ...names.map((name) => `\\set ${name} (none)\n\\getenv ${name} ${name}`),
    "\\set shell `echo $PGHOST $PGPORT $PGUSER $(printenv PGPASSWORD || echo '(none)') $PGDATABASE $PGSSLMODE`",
    `INSERT INTO public.seen VALUES ('${file}', concat_ws(' ', ${names.map((name) => `:'${name}'`).join(", ")}), :'shell');`,
    "",
  ].join("\n");
}

/** What the files of a node have seen: one row for each file, if both ways agree. */
function seen(database: TestDatabase) {
  return database.query(
    "SELECT DISTINCT file, variables, variables = shell AS same FROM public.seen ORDER BY file",
  );
}

async function prepared(): Promise<Scenario> {
  const made = await scenario({ shards: ["sh1", "sh2"] });
  for (const database of made.databases) {
    await database.query("CREATE TABLE public.seen (file text, variables text, shell text)");
  }
  await made.migrations({
    "before.sql": lookAround("before.sql"),
    "after.sql": lookAround("after.sql"),
    "1.a.sh": `${lookAround("up")}\\ir inc/more.sql\n`,
    "1.a.sh.dn.sql": lookAround("dn"),
    "inc/more.sql": lookAround("included"),
  });
  return made;
}

describe("what files see of their environment", () => {
  it("is the node that they run on: in hooks, versions, undone ones and included files", async () => {
    const { databases, pgMig } = await prepared();
    expect((await pgMig()).status).toBe(0);
    expect((await pgMig(["--undo=1.a.sh"])).status).toBe(0);
    for (const database of databases) {
      const { host, port, user, password, name } = database;
      const variables = [host, port, user, password, name, "prefer"].join(" ");
      expect(await seen(database)).toEqual(
        ["after.sql", "before.sql", "dn", "included", "up"].map((file) => ({
          file,
          variables,
          same: true,
        })),
      );
    }
  });

  it("has the password from the password file, and the SSL mode that is set", async () => {
    const { databases, pgMig, folder } = await prepared();
    const [first, second] = databases;
    if (first === undefined || second === undefined) {
      throw new Error("no databases");
    }
    const passFile = join(folder, "pgpass");
    const line = ({ host, port, password }: TestDatabase) => `${host}:${port}:*:*:${password}\n`;
    await writeFile(passFile, line(first) + line(second), { mode: 0o600 });
    const hosts = databases.map(({ host, port, name }) => `${host}:${port}/${name}`).join(",");
    const env = { PGHOST: hosts, PGUSER: first.user, PGPASSFILE: passFile, PGSSLMODE: "disable" };
    const { status, stdout, stderr } = await pgMig([], { env });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stdout + stderr).not.toContain(first.password);
    for (const database of databases) {
      const { host, port, user, password, name } = database;
      expect((await seen(database))[0]).toEqual({
        file: "after.sql",
        variables: [host, port, user, password, name, "disable"].join(" "),
        same: true,
      });
    }
  });

  it("has no password where none is set", async () => {
    const { database, pgMig } = await prepared();
    const [node] = cluster().nodes;
    if (node === undefined) {
      throw new Error("no node");
    }
    await node.query("CREATE ROLE trusted LOGIN SUPERUSER");
    const rules = join(node.dataDirectory, "pg_hba.conf");
    await writeFile(rules, `local all trusted trust\n${await readFile(rules, "utf8")}`);
    await node.query("SELECT pg_reload_conf()");
    const socket = encodeURIComponent(node.socketDirectory);
    const url = `postgres://trusted@${socket}:${database.port}/${database.name}`;
    const { status, stderr } = await pgMig([], { env: { PGHOST: url } });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect((await seen(database))[0]).toEqual({
      file: "after.sql",
      variables: `${node.socketDirectory} ${database.port} trusted (none) ${database.name} prefer`,
      same: true,
    });
  });

  it("is the same for every way of running a shell command", async () => {
    const { databases, migrations, pgMig, folder } = await scenario({ shards: ["sh1"] });
    await migrations({
      "1.a.sh": [
        "CREATE TABLE t (port text);",
        "\\copy t FROM PROGRAM 'echo $PGPORT'",
        `\\! echo $PGPORT >> ${folder}/ports`,
        "",
      ].join("\n"),
    });
    expect((await pgMig()).status).toBe(0);
    const ports = databases.map(({ port }) => `${port}`);
    for (const database of databases) {
      expect(await database.query("SELECT port FROM sh1.t")).toEqual([
        { port: `${database.port}` },
      ]);
    }
    const printed = (await readFile(join(folder, "ports"), "utf8")).trim().split("\n");
    expect(printed.sort()).toEqual(ports.sort());
  });

  it("does not keep what another file has set", async () => {
    const { database, migrations, pgMig } = await scenario({ shards: ["sh1", "sh2"] });
    const show = "\\set port (none)\n\\getenv port PGPORT\n\\set mine (none)\n\\getenv mine MINE\n";
    await migrations({
      "before.sql": "\\setenv PGPORT 1\n\\setenv MINE x\n",
      "1.a.sh": `${show}CREATE TABLE t AS SELECT :'port' AS port, :'mine' AS mine;\n\\setenv PGPORT 2\n\\setenv MINE y\n`,
      "2.b.sh": `${show}INSERT INTO t VALUES (:'port', :'mine');\n`,
    });
    expect((await pgMig(["--parallelism=1"])).status).toBe(0);
    for (const shard of ["sh1", "sh2"]) {
      const rows = await database.query(`SELECT DISTINCT * FROM ${shard}.t`);
      expect(rows).toEqual([{ port: `${database.port}`, mine: "(none)" }]);
    }
  });
});
