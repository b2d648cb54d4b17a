import pg from "pg";

/** Where a database is and who may enter. */
export interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** The database's name. */
  readonly database: string;
}

/** A database of a test node. */
export class TestDatabase implements DatabaseAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly #drop: () => Promise<void>;

  constructor(address: DatabaseAddress, drop: () => Promise<void>) {
    this.host = address.host;
    this.port = address.port;
    this.user = address.user;
    this.password = address.password;
    this.database = address.database;
    this.#drop = drop;
  }

  get name(): string {
    return this.database;
  }

  /** `postgres://user:password@host:port/name` */
  get url(): string {
    return databaseUrl(this);
  }

  /** Opens a connection. The caller ends it. */
  async connect(): Promise<pg.Client> {
    return connectTo(this);
  }

  /** Runs one query, or several without parameters, on a connection of its own; gives the rows. */
  async query<Row extends pg.QueryResultRow = pg.QueryResultRow>(
    sql: string,
    parameters?: readonly unknown[],
  ): Promise<Row[]> {
    return queryOnce<Row>(this, sql, parameters);
  }

  /** Removes the database, and throws out who is still connected to it. */
  async drop(): Promise<void> {
    await this.#drop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drop();
  }
}

/** Opens a connection whose loss is not fatal: tests stop servers on purpose. */
export async function connectTo(address: DatabaseAddress): Promise<pg.Client> {
  const client = new pg.Client({
    host: address.host,
    port: address.port,
    user: address.user,
    password: address.password,
    database: address.database,
    ssl: false,
    application_name: "testkit",
  });
  // Without a listener, a server that goes away would end the process of the tests. The queries in
  // flight are rejected either way.
  client.on("error", () => {});
  await client.connect();
  return client;
}

export async function queryOnce<Row extends pg.QueryResultRow>(
  address: DatabaseAddress,
  sql: string,
  parameters?: readonly unknown[],
): Promise<Row[]> {
  const client = await connectTo(address);
  try {
    const result = await client.query<Row>(sql, parameters && [...parameters]);
    return result.rows;
  } finally {
    await client.end();
  }
}

export function databaseUrl(address: DatabaseAddress): string {
  const [user, password, database] = [address.user, address.password, address.database].map(
    encodeURIComponent,
  );
  return `postgres://${user}:${password}@${address.host}:${address.port}/${database}`;
}
