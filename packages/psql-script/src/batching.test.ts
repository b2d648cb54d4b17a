import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tokenize } from "./lex/tokenize.js";
import { parseScript } from "./read/parse-script.js";
import type { Script } from "./read/script.js";
import { runScript } from "./run/run-script.js";
import type { RunScriptOptions } from "./run/run-script-options.js";
import { ScriptError } from "./source/script-error.js";
import { type RecordingServer, startRecordingServer } from "./testing/recording-server.js";
import { scriptText, variableValue } from "./testing/script-text.js";

/** PG_MIG_SPLIT_RUNS=20000 for the long version. */
const runs = Number(process.env.PG_MIG_SPLIT_RUNS ?? 1500);

let server: RecordingServer;
let client: pg.Client;
beforeAll(async () => {
  server = await startRecordingServer();
  client = new pg.Client({ host: "127.0.0.1", port: server.port, user: "u", database: "d" });
  await client.connect();
  // So that nothing is asked.
  Object.assign(client, { getParameterStatus: () => "on" });
});
afterAll(async () => {
  await client?.end();
  await server?.close();
});

async function sends(script: Script, options: RunScriptOptions) {
  let failed = false;
  try {
    await runScript(script, client, options);
  } catch (error) {
    if (!(error instanceof ScriptError)) {
      throw error;
    }
    failed = true;
  }
  return { messages: server.take(), failed };
}

/** The statements of a message, without what is blank. The server knows no variables: a colon stands alone. */
function statementsOf(message: string): string[] {
  const statements: string[] = [];
  let statement = "";
  for (const { kind, text } of tokenize(message.replaceAll(":", ": "))) {
    if (kind === "terminator") {
      statements.push(statement);
      statement = "";
    } else if (kind !== "space" && !kind.endsWith("comment")) {
      statement += ` ${text}`;
    }
  }
  return [...statements, statement].filter((text) => text !== "");
}

function parsed(text: string): Script | undefined {
  try {
    return parseScript(text, { file: "a.sql" });
  } catch (error) {
    if (error instanceof ScriptError) {
      return undefined;
    }
    throw error;
  }
}

describe("joined messages", () => {
  it("hold the very statements that are sent one by one otherwise", {
    timeout: 600_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(scriptText(), variableValue(), async (text, v) => {
        const script = parsed(text);
        if (script === undefined) {
          return;
        }
        const joined = await sends(script, { variables: { v } });
        const single = await sends(script, { variables: { v }, batching: "single" });
        expect(joined.failed).toBe(single.failed);
        const together = joined.messages.flatMap(statementsOf);
        const alone = single.messages.flatMap(statementsOf);
        // Without regions each line is read while the script runs.
        const read = await sends(
          { ...script, regions: [] },
          { variables: { v }, batching: "single" },
        );
        expect(single).toEqual(read);
        // What waits to be sent when the script fails is not sent.
        expect(together).toEqual(joined.failed ? alone.slice(0, together.length) : alone);
        expect(joined.messages.length).toBeLessThanOrEqual(single.messages.length);
      }),
      // The server reads ":or$$" as a colon and a name; psql, without the backslash, as a variable and a quote.
      { numRuns: runs, examples: [["\\:or$$;\n{", ""]] },
    );
  });

  it("are each told when they have their answer, before the next one is sent", async () => {
    const script = parseScript("SELECT 1;\n\\if true\nSELECT 2; SELECT 3;\n\\endif\n", {
      file: "f",
    });
    const told: string[] = [];
    const options: RunScriptOptions = {
      ...{ batching: "single", prologue: ["FIRST"], epilogue: ["LAST"] },
      async afterMessage(text) {
        told.push(`told ${text}`, ...server.take().map((sent) => `sent ${sent}`));
      },
    };
    const { messages } = await sends(script, options);
    expect(told).toEqual([
      ...["told SELECT 1;", "sent FIRST", "sent SELECT 1;"],
      ...["told SELECT 2;", "sent SELECT 2;", "told SELECT 3;", "sent SELECT 3;"],
    ]);
    expect(messages).toEqual(["LAST"]);
  });

  it("have the epilogue last, and only if all went well", async () => {
    await fc.assert(
      fc.asyncProperty(scriptText(), variableValue(), async (text, v) => {
        const script = parsed(text);
        if (script === undefined) {
          return;
        }
        const options = { variables: { v }, prologue: ["FIRST"], epilogue: ["LAST"] };
        const { messages, failed } = await sends(script, options);
        if (messages.length > 0) {
          expect(messages[0]?.startsWith("FIRST\n")).toBe(true);
        }
        expect(messages.filter((message) => message.endsWith("LAST")).length).toBe(failed ? 0 : 1);
        const controls = script.regions.some((region) => region.lastControlAt !== undefined);
        if (script.plain && !controls) {
          expect(messages.length).toBe(1);
        }
      }),
      { numRuns: 500 },
    );
  });
});
