import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startNodes, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseScript } from "./read/parse-script.js";
import { programMajor, runPsql } from "./testing/psql.js";
import { included, runningScript } from "./testing/running-script.js";
import { ScriptBench } from "./testing/script-bench.js";

/** PG_MIG_RUNNING_RUNS=1000 for the long version, which takes some minutes. */
const runs = Number(process.env.PG_MIG_RUNNING_RUNS ?? 25);
const environment = { HOME: "/nowhere", PATH: "/usr/bin:/bin" };

describe.skipIf(programMajor("psql") === undefined)("running a script", () => {
  let cluster: TestCluster;
  let directory: string;
  const databases = new Map<string, TestDatabase>();

  beforeAll(async () => {
    cluster = await startNodes({ major: 15 });
    directory = await mkdtemp(join(tmpdir(), "psql-script-"));
    await writeFile(join(directory, "included.sql"), included);
    for (const name of ["single", "joined", "theirs"]) {
      databases.set(name, await cluster.node.createDatabase({ name }));
    }
  });
  afterAll(async () => {
    await cluster?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const target = (database: string) => {
    const { port, user, password } = cluster.node;
    return { port, user, password, database };
  };

  async function dump(database: string): Promise<string> {
    const { host, port, user, password } = cluster.node;
    const { stdout } = await promisify(execFile)(
      "pg_dump",
      ["--restrict-key=k", "-h", host, "-p", String(port), "-U", user, database],
      { env: { PATH: process.env.PATH, PGPASSWORD: password }, maxBuffer: 1e8 },
    );
    return stdout;
  }

  async function reset(): Promise<void> {
    for (const database of databases.values()) {
      await database.query(
        "drop schema public cascade; create schema public; create table t (a int, b text)",
      );
    }
  }

  async function psqlRuns(file: string) {
    const { status, stdout, stderr } = await runPsql(file, target("theirs"), {}, [], environment);
    const failed = status !== 0;
    // The script went on after the errors before the last; the last may be psql's own.
    const errors = [...stderr.matchAll(/^psql:[^:]*:(\d+): (?:ERROR: {2}(.*)|error: .*)$/gm)];
    const [, line, message] = (failed && errors.at(-1)) || [];
    return { failed, stdout, error: message, line: Number((message && line) ?? 0) };
  }

  async function weRun(text: string, file: string, batching: "single" | "joined") {
    const database = databases.get(batching);
    if (database === undefined) {
      throw new Error("no database");
    }
    const bench = new ScriptBench(await database.connect());
    const script = parseScript(text, { file, psqlCompat: batching === "single" });
    const run = await bench.runScript(script, {
      batching,
      allowShell: true,
      env: environment,
      cwd: directory,
    });
    await bench.client.end();
    const stdout = run.stdout.map((line) => `${line}\n`).join("");
    const { error } = run;
    const line = error?.serverMessage === undefined ? 0 : (error.where?.line ?? 0);
    return { failed: error !== undefined, stdout, error: error?.serverMessage, line };
  }

  it(`does what psql does, for ${runs} random scripts`, { timeout: 3_600_000 }, async () => {
    const file = join(directory, "script.sql");
    await fc.assert(
      fc.asyncProperty(runningScript(), async (text) => {
        await reset();
        await writeFile(file, text);
        const theirs = await psqlRuns(file);
        const ours = await weRun(text, file, "single");
        // psql tells the line that it read last, which is not before the one of the error.
        expect({ ...ours, line: 0 }).toEqual({ ...theirs, line: 0 });
        expect(ours.line).toBeLessThanOrEqual(theirs.line);
        const result = await dump("theirs");
        expect(await dump("single")).toBe(result);
        if (theirs.failed) {
          return;
        }
        // Where nothing fails, it makes no difference what travels together.
        expect(await weRun(text, file, "joined")).toEqual(ours);
        expect(await dump("joined")).toBe(result);
      }),
      { numRuns: runs },
    );
  });
});
