import type pg from "pg";
import { type ParseScriptOptions, parseScript } from "../read/parse-script.js";
import type { Script } from "../read/script.js";
import { runScript } from "../run/run-script.js";
import type { RunScriptOptions } from "../run/run-script-options.js";
import { ScriptError } from "../source/script-error.js";

/** What became of a script in a test. */
export interface BenchRun {
  readonly error: ScriptError | undefined;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  readonly notices: readonly string[];
  readonly messages: number;
  readonly transactionStatus: string;
}

const dropAll = `do $$
declare name text;
begin
  for name in select nspname from pg_namespace
    where nspname !~ '^pg_' and nspname <> 'information_schema'
  loop execute format('drop schema %I cascade', name); end loop;
  create schema public;
end $$`;

/** Runs scripts on a connection of their own. */
export class ScriptBench {
  readonly client: pg.Client;

  constructor(client: pg.Client) {
    this.client = client;
  }

  /** Removes first what earlier scripts have made: an empty schema `public` is left. */
  static async inEmptied(client: pg.Client): Promise<ScriptBench> {
    await client.query(dropAll);
    return new ScriptBench(client);
  }

  /** Parses and runs a text; errors of the script are part of what it returns. */
  async run(
    text: string,
    options: RunScriptOptions & Partial<ParseScriptOptions> = {},
  ): Promise<BenchRun> {
    return this.#attempt(options, () => parseScript(text, { file: "a.sql", ...options }));
  }

  async runScript(script: Script, options: RunScriptOptions = {}): Promise<BenchRun> {
    return this.#attempt(options, () => script);
  }

  /** The first column of a query's rows. */
  async values(sql: string): Promise<unknown[]> {
    const { rows } = await this.client.query({ text: sql, rowMode: "array" });
    return rows.map((row: unknown[]) => row[0]);
  }

  async #attempt(options: RunScriptOptions, script: () => Script): Promise<BenchRun> {
    const lines = { stdout: [] as string[], stderr: [] as string[] };
    const notices: string[] = [];
    const observed = {
      ...lines,
      notices,
      messages: 0,
      transactionStatus: "unknown",
      error: undefined,
    };
    try {
      const result = await runScript(script(), this.client, {
        onOutput: (line, stream) => lines[stream].push(line),
        onNotice: ({ severity, message }) => notices.push(`${severity}: ${message}`),
        ...options,
      });
      return { ...observed, ...result };
    } catch (error) {
      if (error instanceof ScriptError) {
        return { ...observed, error };
      }
      throw error;
    }
  }
}
