import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { startNodes, type TestCluster } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { askPublished } from "./ask-published.js";
import { createEmptyProject, type EmptyProject } from "./empty-project.js";
import { followGuide, namesInstalled, sectionOf } from "./follow-guide.js";
import { repository } from "./pack-packages.js";
import { cleanEnvironment } from "./run-program.js";

const readPage = (name: string) => readFile(join(repository, "docs", name), "utf8");
const testSetup = await readPage("migrate-in-test-setup.md");
const entFramework = await readPage("from-ent-framework.md");
const healthCheck = await readPage("ledger-as-health-check.md");

/** Has all that any of the pages installs. */
let packed: EmptyProject;
let cluster: TestCluster;

beforeAll(async () => {
  packed = await createEmptyProject(await askPublished());
  await packed.write("package.json", "{}");
  // One installation for all: one for each line takes twice as long.
  const pages = [testSetup, entFramework, healthCheck].join("\n");
  await packed.run("npm", "install", ...namesInstalled(pages));
  cluster = await startNodes({ count: 2 });
});

afterAll(async () => {
  await cluster.stop();
  await packed.remove();
});

/** What the reader of such a page has: a project in TypeScript with migration files. */
async function readersProject(env: Readonly<Record<string, string>> = {}): Promise<EmptyProject> {
  const project = await packed.another(env);
  await project.write("migrations/20270104090000.shards.public.up.sql", "CREATE SCHEMA sh0001;");
  await project.write("migrations/20270104090000.shards.public.dn.sql", "DROP SCHEMA sh0001;");
  await project.write(
    "migrations/20270105090000.users.sh.up.sql",
    "CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY, email text);",
  );
  await project.write("migrations/20270105090000.users.sh.dn.sql", "DROP TABLE users;");
  return project;
}

async function writeTsconfig(project: EmptyProject, options: object = {}): Promise<void> {
  await project.write("package.json", JSON.stringify({ type: "module" }));
  const compilerOptions = {
    ...{ module: "nodenext", target: "es2023", lib: ["es2023"], strict: true, types: ["node"] },
    ...options,
  };
  await project.write("tsconfig.json", JSON.stringify({ compilerOptions }));
}

describe("docs/migrate-in-test-setup.md", () => {
  it("has a setup for Vitest that compiles, and whose test finds the migrated tables", async () => {
    const project = await readersProject();
    // The declarations of Vitest's own dependencies are not ours to check.
    await writeTsconfig(project, { skipLibCheck: true, noEmit: true });
    await followGuide(sectionOf(testSetup, "Vitest"), project, packed);
    expect((await project.run("npx", "tsc")).stdout).toBe("");
  });

  it("has a setup for Jest, whose test finds the migrated tables", async () => {
    const project = await readersProject();
    await followGuide(sectionOf(testSetup, "Jest"), project, packed);
  });
});

describe("docs/from-ent-framework.md", () => {
  it("migrates the islands of a cluster, by the command and by a script", async () => {
    const [intro = ""] = entFramework.split(/^## /m);
    const begun = await readersProject();
    await writeTsconfig(begun);
    await followGuide(intro, begun, packed);
    for (const way of ["With the command", "From your own script"]) {
      const databases = await Promise.all(cluster.nodes.map((node) => node.createDatabase()));
      const project = await begun.copy();
      // The module of the reader's application. Ent Framework itself is no dependency of ours.
      const islands = databases.map(({ host, port, user, password, database }, no) => ({
        no,
        nodes: [{ name: `island${no}`, config: { host, port, user, password, database } }],
      }));
      await project.write(
        "cluster.js",
        `setInterval(() => {}, 1000); export const cluster = ${JSON.stringify({ options: { islands } })};`,
      );
      await project.write(
        "cluster.d.ts",
        `export declare const cluster: { options: { islands: { no: number, nodes: { name: string,
           config: { host: string, port: number, user: string, password: string } }[] }[] } };`,
      );
      await followGuide(sectionOf(entFramework, way), project, packed);
      for (const database of databases) {
        expect(await database.query("SELECT count(*) FROM sh0001.users")).toEqual([{ count: "0" }]);
      }
    }
  });
});

describe("docs/ledger-as-health-check.md", () => {
  it("answers 503 until all versions are there, and needs nothing but the ledger", async () => {
    const databases = await Promise.all(cluster.nodes.map((node) => node.createDatabase()));
    const urls = databases.map(({ url }) => url).join();
    const project = await readersProject();
    await writeTsconfig(project);
    await followGuide(healthCheck, project, packed);
    const { dependencies } = JSON.parse(
      await readFile(join(project.folder, "package.json"), "utf8"),
    );
    expect(Object.keys(dependencies)).toEqual(["@pg-mig/ledger", "pg"]);

    const port = String(20_000 + Math.floor(Math.random() * 10_000));
    const server = spawn(process.execPath, ["health.js"], {
      cwd: project.folder,
      env: { ...cleanEnvironment(), DATABASE_URLS: urls, PORT: port },
      stdio: "inherit",
    });
    onTestFinished(() => void server.kill());
    const ask = async (path = "/") =>
      fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
    await expect.poll(async () => (await ask())?.status, { timeout: 30_000 }).toBe(503);
    await project.run("npx", "pg-mig", "apply", "--migdir=migrations", `--hosts=${urls}`);
    expect((await ask())?.status).toBe(200);
    expect(await (await ask("/versions"))?.json()).toEqual({
      public: "20270104090000.shards.public",
      sh0001: "20270105090000.users.sh",
    });
  });
});
