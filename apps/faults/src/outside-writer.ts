import { setTimeout as sleep } from "node:timers/promises";
import {
  ledgerEntry,
  readShardLedger,
  renderShardLedger,
  storeLedgerSql,
  takeShardSql,
} from "@pg-mig/ledger";
import type { TestDatabase } from "@pg-mig/testkit";
import type pg from "pg";
import type { Random } from "./random.js";
import type { TestVersion } from "./test-version.js";

/**
 * Another program that applies the same versions to the same shards:
 * - `guarded`: by way of the ledger package, taking each shard and checking its ledger;
 * - `old-fashioned`: as a script around psql does, which reads the list by calling the function and
 *   replaces it, with no lock at all; what it makes has names that collide.
 */
export type WriterManners = "guarded" | "old-fashioned";

export interface OutsideWriterOptions {
  readonly database: TestDatabase;
  readonly shards: readonly string[];
  readonly versions: readonly TestVersion[];
  readonly manners: WriterManners;
  readonly random: Random;
}

export class OutsideWriter {
  readonly #options: OutsideWriterOptions;
  readonly #working: Promise<number>;
  #stopped = false;

  constructor(options: OutsideWriterOptions) {
    this.#options = options;
    this.#working = this.#work();
  }

  /** Ends it; tells how many versions it has applied. */
  stop(): Promise<number> {
    this.#stopped = true;
    return this.#working;
  }

  async #work(): Promise<number> {
    const { database, shards, random, manners } = this.#options;
    const client = await database.connect();
    let applied = 0;
    try {
      while (!this.#stopped) {
        const [shard] = random.shuffled(shards);
        if (shard === undefined) {
          break;
        }
        const sql = await (manners === "guarded"
          ? this.#guarded(client, shard)
          : this.#oldFashioned(client, shard));
        if (sql === undefined) {
          await sleep(5);
          continue;
        }
        try {
          await client.query(sql.join(";\n"));
          await client.query("COMMIT");
          applied += 1;
        } catch {
          // The tool was there first. That is what the ledger is for.
          await client.query("ROLLBACK");
        }
      }
      return applied;
    } finally {
      await client.end();
    }
  }

  async #guarded(client: pg.Client, shard: string): Promise<string[] | undefined> {
    const ledger = await readShardLedger(client, shard);
    const version = this.#options.versions[ledger?.entries.length ?? 0];
    if (ledger === undefined || version === undefined) {
      return undefined;
    }
    // Between reading and checking anything may happen.
    await sleep(this.#options.random.integer(0, 10));
    const entries = [...ledger.entries, ledgerEntry(version.name, "0".repeat(64), new Date())];
    return [
      "BEGIN ISOLATION LEVEL READ COMMITTED",
      ...takeShardSql(ledger),
      `SET LOCAL search_path TO ${shard}`,
      version.up,
      ...storeLedgerSql(shard, entries),
    ];
  }

  async #oldFashioned(client: pg.Client, shard: string): Promise<string[] | undefined> {
    const names = await client
      .query<{ list: string }>(`SELECT ${shard}.mig_versions_const() AS list`)
      .then(({ rows }): string[] => JSON.parse(rows[0]?.list ?? "[]"))
      .catch((): string[] => []);
    const version = this.#options.versions[names.length];
    if (version === undefined) {
      return undefined;
    }
    const list = [...names, version.name].map((name) => ({ version: name }));
    return [
      "BEGIN",
      `SET LOCAL search_path TO ${shard}`,
      version.up,
      `CREATE OR REPLACE FUNCTION ${shard}.mig_versions_const() RETURNS text LANGUAGE sql
       SET search_path FROM CURRENT AS $list$${renderShardLedger(list)}$list$`,
    ];
  }
}
