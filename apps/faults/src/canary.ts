import { setTimeout as sleep } from "node:timers/promises";
import type { TestDatabase } from "@pg-mig/testkit";

/** How long the slowest answers took, in milliseconds. */
export interface CanaryLatency {
  /** Of a query that reads the table in question. */
  readonly tableMs: number;
  /** Of one that reads nothing: what the machine was doing else. */
  readonly elsewhereMs: number;
}

/** An application that reads a table again and again, and notices when it must wait. */
export class Canary {
  readonly #reading: Promise<CanaryLatency>;
  #stopped = false;

  constructor(database: TestDatabase, table: string) {
    this.#reading = this.#read(database, table);
  }

  /** Ends it, and tells what it has seen. */
  stop(): Promise<CanaryLatency> {
    this.#stopped = true;
    return this.#reading;
  }

  async #read(database: TestDatabase, table: string): Promise<CanaryLatency> {
    const client = await database.connect();
    const timed = async (sql: string) => {
      const startedAtMs = performance.now();
      await client.query(sql);
      return performance.now() - startedAtMs;
    };
    let [tableMs, elsewhereMs] = [0, 0];
    try {
      while (!this.#stopped) {
        tableMs = Math.max(tableMs, await timed(`SELECT count(*) FROM ${table}`));
        elsewhereMs = Math.max(elsewhereMs, await timed("SELECT 1"));
        await sleep(2);
      }
      return { tableMs, elsewhereMs };
    } finally {
      await client.end();
    }
  }
}

/**
 * I8: who reads the table has waited no longer than a statement of the tool may wait for its lock,
 * give and take what the machine was busy with.
 */
export function canaryProblems(
  { tableMs, elsewhereMs }: CanaryLatency,
  lockTimeoutMs: number,
): string[] {
  const limit = lockTimeoutMs + elsewhereMs + 200;
  return tableMs <= limit
    ? []
    : [`a reader of the table waited ${tableMs.toFixed(0)} ms, more than ${limit.toFixed(0)} ms`];
}
