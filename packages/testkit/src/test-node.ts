import type { ChildProcess } from "node:child_process";
import { chmod, chown, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { Administrator } from "./administrator.js";
import { findFreePort } from "./free-port.js";
import {
  crashServer,
  endServer,
  hasEnded,
  readLog,
  type StopMode,
  startServer,
} from "./server-process.js";
import type { ServerTemplate } from "./server-template.js";
import type { ServerUser } from "./server-user.js";
import {
  connectTo,
  type DatabaseAddress,
  databaseUrl,
  queryOnce,
  TestDatabase,
} from "./test-database.js";
import { TestkitError } from "./testkit-error.js";
import { type TlsCertificate, tlsFile } from "./tls-files.js";

export interface TestNodeOptions {
  readonly major: number;
  /** Holds `data` already; the log and the socket come beside it. */
  readonly directory: string;
  readonly template: ServerTemplate;
  readonly user: ServerUser | undefined;
  readonly settings: Readonly<Record<string, string>>;
}

export interface CreateDatabaseOptions {
  /** @default a name that the node has not used yet: `test_1`, `test_2`, … */
  readonly name?: string;
  /** A database to copy, which nobody may be connected to meanwhile. @default an empty one */
  readonly template?: string | TestDatabase;
}

/**
 * A real PostgreSQL server on 127.0.0.1. It keeps its port and its data while it is stopped and
 * started again.
 */
export class TestNode implements DatabaseAddress {
  readonly host = "127.0.0.1";
  readonly user = "postgres";
  readonly database = "postgres";
  readonly password: string;
  readonly major: number;
  readonly dataDirectory: string;
  /** Where the Unix socket is. A client takes it as its host, with the same port. */
  readonly socketDirectory: string;
  readonly #options: TestNodeOptions;
  readonly #logFile: string;
  readonly #administrator = new Administrator(() => this.#address(this.database));
  #port: number | undefined;
  #server: ChildProcess | undefined;
  #databases = 0;

  constructor(options: TestNodeOptions) {
    this.password = options.template.password;
    this.major = options.major;
    this.dataDirectory = join(options.directory, "data");
    this.socketDirectory = options.directory;
    this.#logFile = join(options.directory, "log");
    this.#options = options;
  }

  /** The TCP port: chosen at the first start, the same from then on. */
  get port(): number {
    if (this.#port === undefined) {
      throw new TestkitError("A node has no port before its first start.", {
        code: "NODE_NOT_RUNNING",
        hint: "Call start() first.",
      });
    }
    return this.#port;
  }

  /** Of the database `postgres`: `postgres://postgres:password@127.0.0.1:port/postgres` */
  get url(): string {
    return databaseUrl(this);
  }

  /** Whether the server's process is there. */
  get running(): boolean {
    return this.#server !== undefined && !hasEnded(this.#server);
  }

  /**
   * Starts the server and waits until it accepts connections, recovery from a crash included. Does
   * nothing when it runs.
   *
   * @throws TestkitError `NODE_DID_NOT_START` with the server's words.
   */
  async start(): Promise<void> {
    if (this.running) {
      return;
    }
    for (let attempt = 1; ; attempt++) {
      const port = this.#port ?? (await findFreePort());
      try {
        this.#server = await startServer({
          binDirectory: this.#options.template.binDirectory,
          dataDirectory: this.dataDirectory,
          logFile: this.#logFile,
          user: this.#options.user,
          port,
          settings: { unix_socket_directories: this.socketDirectory, ...this.#options.settings },
        });
        this.#port = port;
        return;
      } catch (error) {
        if (attempt === 50 || !isPassing(error)) {
          throw error;
        }
        await sleep(100);
      }
    }
  }

  /**
   * Stops the server and waits until its processes are gone. `fast` rolls back what is open and shuts
   * down in order; `immediate` ends all at once and leaves recovery to the next start.
   *
   * @default mode "fast"
   */
  async stop(mode: StopMode = "fast"): Promise<void> {
    if (this.#server !== undefined) {
      await endServer(this.#server, mode);
    }
  }

  /**
   * Kills the server and its backends with SIGKILL, as if the machine had lost its power. What was
   * committed is there after the next start.
   */
  async kill(): Promise<void> {
    if (this.#server !== undefined) {
      await crashServer(this.#server, this.#options.directory);
    }
  }

  async restart(mode: StopMode = "fast"): Promise<void> {
    await this.stop(mode);
    await this.start();
  }

  /** Opens a connection to a database of the node. The caller ends it. @default "postgres" */
  async connect(database: string = this.database): Promise<pg.Client> {
    return connectTo(this.#address(database));
  }

  /** Runs one query, or several without parameters, in `postgres` on a connection of its own. */
  async query<Row extends pg.QueryResultRow = pg.QueryResultRow>(
    sql: string,
    parameters?: readonly unknown[],
  ): Promise<Row[]> {
    return queryOnce<Row>(this.#address(this.database), sql, parameters);
  }

  /** Makes a database, empty or as a copy of another one of this node. */
  async createDatabase(options: CreateDatabaseOptions = {}): Promise<TestDatabase> {
    this.#databases += 1;
    const name = options.name ?? `test_${this.#databases}`;
    const { template = "template0" } = options;
    const source = typeof template === "string" ? template : template.name;
    const quoted = pg.escapeIdentifier(name);
    // Copying files takes half of the time that writing them to the log takes.
    const strategy = this.major >= 15 ? "STRATEGY file_copy" : "";
    await this.#administrator.run(
      `CREATE DATABASE ${quoted} TEMPLATE ${pg.escapeIdentifier(source)} ${strategy}`,
    );
    return new TestDatabase(this.#address(name), () =>
      this.#administrator.run(`DROP DATABASE IF EXISTS ${quoted} WITH (FORCE)`),
    );
  }

  /**
   * Writes a file of the data directory, such as `pg_hba.conf` or `server.key`, for the server alone
   * to read. It counts after `restart()`, or `SELECT pg_reload_conf()`.
   */
  async writeFile(name: string, text: string): Promise<void> {
    const path = join(this.dataDirectory, name);
    await writeFile(path, text);
    await chmod(path, 0o600);
    const { user } = this.#options;
    if (user !== undefined) {
      await chown(path, user.uid, user.gid);
    }
  }

  /** Has the server offer TLS from its next start on, with a certificate of {@link tlsFile}. */
  async offerTls(certificate: TlsCertificate): Promise<void> {
    for (const ending of ["crt", "key"] as const) {
      const text = await readFile(tlsFile(`${certificate}.${ending}`), "utf8");
      await this.writeFile(`server.${ending}`, text);
    }
    await this.writeFile("root.crt", await readFile(tlsFile("ca.crt"), "utf8"));
    await this.query("ALTER SYSTEM SET ssl = on");
    await this.query("ALTER SYSTEM SET ssl_ca_file = 'root.crt'");
  }

  /** All that the server has logged so far. */
  async log(): Promise<string> {
    return readLog(this.#logFile);
  }

  #address(database: string): DatabaseAddress {
    const { host, port, user, password } = this;
    return { host, port, user, password, database };
  }
}

/**
 * Whether the reason why a server did not start goes away: somebody took the port since it was
 * found free, or backends of a server that was killed have not noticed yet that they are alone.
 */
function isPassing(error: unknown): boolean {
  return (
    error instanceof TestkitError &&
    /could not create any TCP|shared memory block .* is still in use/.test(error.message)
  );
}
