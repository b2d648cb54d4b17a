import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { resolveNodes } from "./node.js";
import { nodeEnvironment } from "./node-environment.js";
import type { NodeDefaults } from "./node-spec.js";
import { parseHosts } from "./parse-hosts.js";

function environmentOf(host: string, defaults: Partial<NodeDefaults> = {}) {
  const [node] = resolveNodes(parseHosts(host), {
    port: 5432,
    user: "ann",
    sslMode: "prefer",
    ...defaults,
  });
  if (node === undefined) {
    throw new Error("no node");
  }
  return nodeEnvironment(node);
}

describe("nodeEnvironment", () => {
  it.each([
    ["db1:6432/app", { PGHOST: "db1", PGPORT: "6432", PGDATABASE: "app" }],
    ["[::1]:6432/app", { PGHOST: "::1", PGPORT: "6432", PGDATABASE: "app" }],
    ["/run/pg:6432/app", { PGHOST: "/run/pg", PGPORT: "6432", PGDATABASE: "app" }],
    ["postgres://bob:a%20b@db1", { PGUSER: "bob", PGPASSWORD: "a b", PGDATABASE: "bob" }],
    ["postgres://db1?sslmode=require", { PGSSLMODE: "require", PGPASSWORD: undefined }],
  ])("leads a program to %s", async (host, expected) => {
    expect(await environmentOf(host)).toMatchObject(expected);
  });

  it("has the TLS files, and takes away what leads elsewhere", async () => {
    expect(await environmentOf("db1", { sslRootCert: "/ca.crt" })).toMatchObject({
      PGSSLROOTCERT: "/ca.crt",
      PGSSLCERT: undefined,
      PGHOSTADDR: undefined,
      PGSERVICE: undefined,
    });
  });

  it("has the password of the password file where no other is set", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pg-mig-environment-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const passFile = join(folder, "pgpass");
    await writeFile(passFile, "db1:*:*:*:from-file\n", { mode: 0o600 });
    const defaults = { passFile };
    expect((await environmentOf("db1", defaults)).PGPASSWORD).toBe("from-file");
    expect((await environmentOf("db2", defaults)).PGPASSWORD).toBeUndefined();
    expect((await environmentOf("postgres://:own@db1", defaults)).PGPASSWORD).toBe("own");
  });
});
