import type { ChildProcess } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { chown, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { type ClusterGuard, guardCluster } from "./cluster-guard.js";
import { findFreePort } from "./free-port.js";
import { hasEnded } from "./server-process.js";
import { chooseServerUser, type ServerUser } from "./server-user.js";
import { spawnServer } from "./spawn-server.js";
import { connectTo, type DatabaseAddress, databaseUrl } from "./test-database.js";
import { TestkitError } from "./testkit-error.js";
import { makeClusterDirectory } from "./work-directories.js";

export interface StartPgBouncerOptions {
  /** The node, or a database of one, that the pooler stands before. */
  readonly node: DatabaseAddress;
  /** When a server connection goes back to the pool: PgBouncer's `pool_mode`. */
  readonly mode: "session" | "transaction" | "statement";
  /** Other settings of its section `[pgbouncer]`; they win over the testkit's own. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** How long PgBouncer has to start; it takes some 20 ms. */
const startTimeoutMs = 20_000;

/**
 * Why no PgBouncer can be started here, in a sentence; `undefined`: it can. There is none in npm's
 * registry, so tests that need one are to be skipped where this says so.
 */
export function pgBouncerMissing(): string | undefined {
  return findPgBouncer() === undefined
    ? "PgBouncer is not installed (Debian: apt-get install pgbouncer)."
    : undefined;
}

/** A PgBouncer on 127.0.0.1. Clients log in as at its node, and reach any database of it. */
export class TestPgBouncer implements DatabaseAddress {
  readonly host = "127.0.0.1";
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly #guard: ClusterGuard;

  constructor(port: number, { user, password, database }: DatabaseAddress, guard: ClusterGuard) {
    this.port = port;
    this.user = user;
    this.password = password;
    this.database = database;
    this.#guard = guard;
  }

  /** `postgres://user:password@127.0.0.1:port/database` */
  get url(): string {
    return databaseUrl(this);
  }

  /** Breaks all connections and ends the program. */
  async stop(): Promise<void> {
    await this.#guard.cleanUp();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/**
 * Starts the PgBouncer that is installed before a node. It ends with this process, whatever becomes
 * of it.
 *
 * @throws TestkitError `POOLER_NOT_INSTALLED`; `POOLER_DID_NOT_START` with the program's words.
 */
export async function startPgBouncer(options: StartPgBouncerOptions): Promise<TestPgBouncer> {
  const program = findPgBouncer();
  if (program === undefined) {
    throw new TestkitError(pgBouncerMissing() ?? "", {
      code: "POOLER_NOT_INSTALLED",
      hint: "Install it, or skip what needs it where pgBouncerMissing() gives a reason.",
    });
  }
  const user = await chooseServerUser();
  const directory = await makeClusterDirectory(user, "disk");
  const guard = await guardCluster(directory);
  try {
    const port = await findFreePort();
    await writeSettings(directory, port, options, user);
    const child = await spawnServer(program, [join(directory, "pgbouncer.ini")], {
      ...{ directory, logFile: join(directory, "log"), user },
    });
    await untilReady(child, directory, { ...options.node, host: "127.0.0.1", port });
    return new TestPgBouncer(port, options.node, guard);
  } catch (error) {
    await guard.cleanUp();
    throw error;
  }
}

function findPgBouncer(): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders
    .map((folder) => join(folder, "pgbouncer"))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

async function writeSettings(
  directory: string,
  port: number,
  { node, mode, settings = {} }: StartPgBouncerOptions,
  user: ServerUser | undefined,
): Promise<void> {
  const all = {
    listen_addr: "127.0.0.1",
    listen_port: String(port),
    unix_socket_dir: "",
    auth_type: "scram-sha-256",
    auth_file: join(directory, "users"),
    pool_mode: mode,
    ...settings,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
  const target = `* = host=${node.host} port=${node.port}`;
  const files = {
    "pgbouncer.ini": `[databases]\n${target}\n[pgbouncer]\n${lines.join("\n")}\n`,
    users: `"${node.user}" "${node.password}"\n`,
  };
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name);
    await writeFile(path, text, { mode: 0o600 });
    if (user !== undefined) {
      await chown(path, user.uid, user.gid);
    }
  }
}

async function untilReady(
  child: ChildProcess,
  directory: string,
  address: DatabaseAddress,
): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  let reason: unknown;
  while (!hasEnded(child) && Date.now() < deadline) {
    try {
      const client = await connectTo(address);
      await client.end();
      return;
    } catch (error) {
      reason = error;
      await sleep(15);
    }
  }
  const log = await readFile(join(directory, "log"), "utf8").catch(() => "");
  throw new TestkitError(`PgBouncer did not start on port ${address.port}: ${log.trim()}`, {
    code: "POOLER_DID_NOT_START",
    hint: "Its own words above say why; look at the settings that were given.",
    cause: reason,
  });
}
