import type pg from "pg";
import { connectTo, type DatabaseAddress } from "./test-database.js";

/** The types of pg leave these out. */
type Client = pg.Client & { ref(): void; unref(): void };

/**
 * Runs statements of a superuser, one after the other, over one connection: a login takes as long as making a
 * database. It connects when there is something to run, and again after the server was away. A process that has
 * nothing else to do may end.
 */
export class Administrator {
  readonly #address: () => DatabaseAddress;
  #client: Client | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(address: () => DatabaseAddress) {
    this.#address = address;
  }

  run(sql: string): Promise<void> {
    const turn = this.#last.then(() => this.#runNow(sql));
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #runNow(sql: string): Promise<void> {
    this.#client ??= await this.#connect();
    const client = this.#client;
    client.ref();
    try {
      await client.query(sql);
    } finally {
      client.unref();
    }
  }

  async #connect(): Promise<Client> {
    const client = (await connectTo(this.#address())) as Client;
    return client.once("end", () => {
      this.#client = undefined;
    });
  }
}
