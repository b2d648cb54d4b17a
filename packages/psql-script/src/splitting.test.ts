import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseScript } from "./read/parse-script.js";
import { runScript } from "./run/run-script.js";
import { ScriptError } from "./source/script-error.js";
import { experiments } from "./testing/experiments.js";
import { programMajor, runPsql } from "./testing/psql.js";
import { type RecordingServer, startRecordingServer } from "./testing/recording-server.js";
import { scriptText, variableValue } from "./testing/script-text.js";

/** PG_MIG_SPLIT_RUNS=20000 for the long version, which takes some minutes. */
const runs = Number(process.env.PG_MIG_SPLIT_RUNS ?? 250);

describe.skipIf(programMajor("psql") === undefined)("the messages of a script", () => {
  let server: RecordingServer;
  let directory: string;

  beforeAll(async () => {
    server = await startRecordingServer();
    directory = await mkdtemp(join(tmpdir(), "psql-script-"));
  });
  afterAll(async () => {
    await server?.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function psqlSends(file: string, variables: Record<string, string>) {
    const target = { port: server.port, user: "u", database: "d" };
    const { status } = await runPsql(file, target, variables);
    return { sent: server.take(), failed: status !== 0 };
  }

  async function weSend(text: string, file: string, variables: Record<string, string>) {
    const client = new pg.Client({
      host: "127.0.0.1",
      port: server.port,
      user: "u",
      database: "d",
    });
    await client.connect();
    let failed = false;
    try {
      const script = parseScript(text, { file, psqlCompat: true });
      await runScript(script, client, { variables, batching: "single" });
    } catch (error) {
      if (!(error instanceof ScriptError)) {
        throw error;
      }
      failed = true;
    } finally {
      await client.end();
    }
    // psql hears of this setting when it connects; we have to ask where it matters.
    const sent = server.take().filter((query) => query !== "SHOW standard_conforming_strings");
    return { sent, failed };
  }

  for (const [name, text] of Object.entries(experiments)) {
    it(`are those that psql sends, with ${name}`, async () => {
      const file = join(directory, "script.sql");
      await writeFile(file, text);
      expect(await weSend(text, file, {})).toEqual(await psqlSends(file, {}));
    });
  }

  it(`are those that psql sends, for ${runs} random scripts`, { timeout: 3_600_000 }, async () => {
    const file = join(directory, "script.sql");
    await fc.assert(
      fc.asyncProperty(scriptText(), variableValue(), variableValue(), async (text, v, w) => {
        await writeFile(file, text);
        expect(await weSend(text, file, { v, w })).toEqual(await psqlSends(file, { v, w }));
      }),
      { numRuns: runs },
    );
  });
});
