import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PgMigError } from "@pg-mig/model";
import { startNodes, startProxy, type TestCluster, type TestNode } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { connectNode } from "./connect-node.js";
import { type Node, resolveNodes } from "./node.js";
import type { NodeDefaults, NodeSpec } from "./node-spec.js";

const applicationName = "connect-node test";
let cluster: TestCluster;
let server: TestNode;

beforeAll(async () => {
  cluster = await startNodes({ settings: { max_connections: "10" } });
  server = cluster.node;
});

afterAll(() => cluster.stop());

function nodeOf(spec: Partial<NodeSpec> = {}, defaults: Partial<NodeDefaults> = {}): Node {
  const { host, port, user, password, database } = server;
  const [node] = resolveNodes([{ host, ...spec }], {
    port,
    user,
    password,
    database,
    sslMode: "prefer",
    ...defaults,
  });
  if (node === undefined) {
    throw new Error("no node");
  }
  return node;
}

async function failure(node: Node): Promise<PgMigError> {
  const error: unknown = await connectNode(node, { applicationName }).then(
    (client) => client.end(),
    (error) => error,
  );
  if (error instanceof PgMigError) {
    return error;
  }
  throw new Error(`expected a PgMigError, got ${error}`);
}

describe("connectNode", () => {
  it.each(["127.0.0.1", "localhost"])("connects to %s under the given name", async (host) => {
    const client = await connectNode(nodeOf({ host }), { applicationName });
    const { rows } = await client.query("SELECT current_setting('application_name') AS name");
    expect(rows).toEqual([{ name: applicationName }]);
    await client.end();
  });

  it("tells what the server reports of its parameters, at the start and after a change", async () => {
    const database = await server.createDatabase();
    await database.query(`ALTER DATABASE "${database.name}" SET standard_conforming_strings = off`);
    const client = await connectNode(nodeOf({ database: database.name }), { applicationName });
    const told = () => client.getParameterStatus("standard_conforming_strings");
    expect(told()).toBe("off");
    await client.query("BEGIN; SET standard_conforming_strings = on");
    expect(told()).toBe("on");
    await client.query("ROLLBACK");
    expect(told()).toBe("off");
    expect(client.getParameterStatus("nosuch")).toBeUndefined();
    await client.end();
  });

  it("connects to a Unix socket, whatever the SSL mode", async () => {
    const node = nodeOf({ host: server.socketDirectory, sslMode: "verify-full" });
    const client = await connectNode(node, { applicationName });
    const { rows } = await client.query("SELECT inet_server_addr() AS address");
    expect(rows).toEqual([{ address: null }]);
    await client.end();
  });

  it.each(["prefer", "allow"] as const)(
    "connects in plain to a server without TLS where the mode is %s",
    async (sslMode) => {
      const client = await connectNode(nodeOf({ sslMode }), { applicationName });
      await client.end();
    },
  );

  it("takes the password from a file like ~/.pgpass if no other is set", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pg-mig-connect-"));
    try {
      const passFile = join(folder, "pgpass");
      const line = `127.0.0.1:${server.port}:*:postgres:${server.password}`;
      await writeFile(passFile, line, { mode: 0o600 });
      const node = nodeOf({}, { password: undefined, passFile });
      const client = await connectNode(node, { applicationName });
      await client.end();
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("names a password file that it does not use where the server asks for a password", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pg-mig-connect-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const passFile = join(folder, "pgpass");
    await writeFile(passFile, `*:*:*:*:${server.password}`);
    await chmod(passFile, 0o644);
    const notes: string[] = [];
    const node = nodeOf({}, { password: undefined, passFile });
    const connecting = connectNode(node, { applicationName, onNote: (note) => notes.push(note) });
    const problem = `The password file ${passFile} has group or world access; permissions should be u=rw (0600) or less.`;
    await expect(connecting).rejects.toMatchObject({
      code: "NODE_AUTH_FAILED",
      message: `${node.name} asks for the password of user "postgres", and none is set. ${problem}`,
    });
    expect(notes).toEqual([problem]);
  });

  it("names the password file that a wrong password comes from", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pg-mig-connect-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const passFile = join(folder, "pgpass");
    await writeFile(passFile, "*:*:*:*:hunter2", { mode: 0o600 });
    const { code, message } = await failure(nodeOf({}, { password: undefined, passFile }));
    expect(code).toBe("NODE_AUTH_FAILED");
    expect(message).toContain(`of user "postgres", which comes from ${passFile}.`);
    expect(message).not.toContain("hunter2");
  });

  it("sends startup parameters, which a reset keeps", async () => {
    const startupParameters = {
      TimeZone: "Asia/Tokyo",
      DateStyle: "SQL, DMY",
      geqo: "off",
      options: "-c work_mem=5MB",
    };
    const client = await connectNode(nodeOf({}, { startupParameters }), { applicationName });
    await client.query("SET TimeZone TO 'UTC'; SET DateStyle TO 'ISO'; SET geqo TO on");
    await client.query("DISCARD ALL");
    const names = ["TimeZone", "DateStyle", "geqo", "work_mem"];
    const { rows } = await client.query(
      `SELECT ${names.map((name) => `current_setting('${name}') AS "${name}"`).join(", ")}`,
    );
    await client.end();
    expect(Object.values(rows[0])).toEqual(["Asia/Tokyo", "SQL, DMY", "off", "5MB"]);
  });

  it("says which variables to correct where the server refuses a startup parameter", async () => {
    const { message, hint } = await failure(
      nodeOf({}, { startupParameters: { TimeZone: "Mars/Olympus" } }),
    );
    expect(message).toContain('invalid value for parameter "TimeZone": "Mars/Olympus"');
    expect(hint).toContain("PGTZ");
  });

  it("calls the host by its name, whatever the address that it led to", async () => {
    const client = await connectNode(nodeOf({ host: "localhost" }), { applicationName });
    expect(client.host).toBe("localhost");
    await client.end();
  });

  it("does not end the process when an idle connection breaks", async () => {
    const client = await connectNode(nodeOf(), { applicationName });
    const ended = new Promise<void>((resolve) => client.once("end", resolve));
    const { rows } = await client.query("SELECT pg_backend_pid() AS pid");
    await server.query(`SELECT pg_terminate_backend(${Number(rows[0].pid)})`);
    await ended;
    await expect(client.query("SELECT 1")).rejects.toThrow();
  });

  it("takes leave of a server that swallows what it is told", { timeout: 20_000 }, async () => {
    const proxy = await startProxy(server);
    onTestFinished(() => proxy.stop());
    const client = await connectNode(nodeOf({ port: proxy.port }), { applicationName });
    proxy.freeze();
    await client.end();
    await expect(client.query("SELECT")).rejects.toThrow();
  });

  it("tells a wrong password from a missing one", async () => {
    const wrong = await failure(nodeOf({ password: "hunter2" }));
    expect(wrong.code).toBe("NODE_AUTH_FAILED");
    expect(wrong.message).toContain('does not accept the password of user "postgres"');
    expect(wrong.message).not.toContain("hunter2");
    expect(wrong.message).toContain("which comes from the URL, connection string, service or");
    expect(wrong.hint).toContain("Correct it in the URL, connection string");
    expect(wrong.hint).not.toContain("the setting `password`");
    const setting = await failure(nodeOf({}, { password: "hunter2" }));
    expect(setting.hint).toContain("the setting `password`");
    const missing = await failure(nodeOf({}, { password: undefined }));
    expect(missing.code).toBe("NODE_AUTH_FAILED");
    expect(missing.message).toContain("and none is set");
  });

  it("says that the user may not connect to the database", async () => {
    await server.query("CREATE DATABASE closed");
    await server.query("REVOKE CONNECT ON DATABASE closed FROM public");
    await server.query(`CREATE ROLE stranger LOGIN PASSWORD '${server.password}'`);
    const { code, hint } = await failure(nodeOf({ user: "stranger", database: "closed" }));
    expect(code).toBe("NODE_AUTH_FAILED");
    expect(hint).toContain("GRANT CONNECT");
  });

  it("says that a user may not log in, rather than that the fallback is not offered", async () => {
    await server.query(`CREATE ROLE no_login NOLOGIN PASSWORD '${server.password}'`);
    for (const sslMode of ["allow", "prefer"] as const) {
      const { code, message } = await failure(nodeOf({ user: "no_login", sslMode }));
      expect(code).toBe("NODE_AUTH_FAILED");
      expect(message).toContain('user "no_login"');
    }
  });

  it("says which database is missing, and how to have it made", async () => {
    const { code, message, hint, where } = await failure(nodeOf({ database: 'My "db"' }));
    expect(code).toBe("DATABASE_MISSING");
    expect(message).toBe(`There is no database "My "db"" at 127.0.0.1:${server.port}.`);
    expect(hint).toContain("the setting `createDatabase`");
    expect(where).toEqual({ node: "127.0.0.1" });
  });

  it.each(["require", "verify-ca", "verify-full"] as const)(
    "refuses a server without TLS where the mode is %s",
    async (sslMode) => {
      expect((await failure(nodeOf({ sslMode }))).code).toBe("TLS_UNAVAILABLE");
    },
  );

  it("does not take for a silent server what it could not read while it was stopped itself", async () => {
    const connecting = connectNode(nodeOf(), { applicationName, connectTimeoutMs: 1000 });
    await new Promise((resolve) => setImmediate(resolve));
    // Nothing of this process runs meanwhile, as after SIGSTOP; the server's answers come in.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500);
    const client = await connecting;
    await client.end();
  });

  it.each([
    ["role", "ALTER ROLE few CONNECTION LIMIT 0", 'ALTER ROLE "few" CONNECTION LIMIT'],
    ["database", "ALTER DATABASE few CONNECTION LIMIT 0", 'ALTER DATABASE "few" CONNECTION LIMIT'],
  ])("says whose limit of connections is reached: that of the %s", async (_, limit, hint) => {
    await cluster.node.query("CREATE ROLE few LOGIN PASSWORD 'few'");
    const database = await cluster.node.createDatabase({ name: "few" });
    onTestFinished(async () => {
      await database.drop();
      await cluster.node.query("DROP ROLE few");
    });
    await cluster.node.query(limit);
    const refused = await failure(nodeOf({ user: "few", password: "few", database: "few" }));
    expect(refused.code).toBe("TOO_MANY_CONNECTIONS");
    expect(refused.hint).toContain(hint);
    expect(refused.hint).not.toContain("`parallelism`");
  });

  it("says that the server has no free connection", async () => {
    const attempts = Array.from({ length: 12 }, () => connectNode(nodeOf(), { applicationName }));
    const results = await Promise.allSettled(attempts);
    const codes = results.flatMap((result) =>
      result.status === "rejected" ? [result.reason.code] : [],
    );
    for (const result of results) {
      if (result.status === "fulfilled") {
        await result.value.end();
      }
    }
    expect(new Set(codes)).toEqual(new Set(["TOO_MANY_CONNECTIONS"]));
  });
});
