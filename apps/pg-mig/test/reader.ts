import type { TestDatabase } from "@pg-mig/testkit";
import type pg from "pg";

/**
 * Looks into a database over one connection, from the first question on: a login takes longer than most answers. What
 * may change the session or take long gets a connection of its own.
 */
export class Reader {
  readonly #database: TestDatabase;
  #client: pg.Client | undefined;
  #state: "idle" | "asking" | "ended" = "idle";

  constructor(database: TestDatabase) {
    this.#database = database;
  }

  async query(sql: string): Promise<pg.QueryResultRow[]> {
    if (this.#state !== "idle" || !/^\s*SELECT\b/i.test(sql) || /set_config|advisory/i.test(sql)) {
      return this.#database.query(sql);
    }
    return this.#ask(sql);
  }

  /** Runs statements that leave the session as it was. */
  async prepare(sql: string): Promise<void> {
    await this.#ask(sql);
  }

  async #ask(sql: string): Promise<pg.QueryResultRow[]> {
    this.#state = "asking";
    try {
      const client = await this.#connected();
      const { rows } = await client.query(sql);
      // The server shows the last statement of an idle session: to the command, one of pg-mig 2.x would be at work.
      await client.query("SELECT");
      return rows;
    } finally {
      if (this.#state === "asking") {
        this.#state = "idle";
      }
    }
  }

  async end(): Promise<void> {
    this.#state = "ended";
    await this.#client?.end();
  }

  async #connected(): Promise<pg.Client> {
    if (this.#client === undefined) {
      this.#client = await this.#database.connect();
      // The server has ended it, or is gone: the next question needs another one.
      this.#client.once("end", () => {
        this.#client = undefined;
      });
    }
    return this.#client;
  }
}
