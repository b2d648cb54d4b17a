import type { Shape } from "@pg-mig/catalog";
import { nodeEnvironment } from "@pg-mig/cluster";
import { attemptStep, type StepRecorder, withVariables } from "@pg-mig/executor";
import type { CheckedScript, MigrationScript } from "@pg-mig/migrations";
import { defaults, PgMigError, quoteIdentifier } from "@pg-mig/model";
import type { RunScriptOptions } from "@pg-mig/psql-script";
import { isBug, type Session } from "@pg-mig/sessions";
import { readObjects } from "./database-objects.js";
import { LockWatch } from "./lock-watch.js";
import type { FileOutcome, RehearsalStage } from "./rehearse-version.js";
import type { ScratchDatabase } from "./scratch-database.js";
import { scratchSchema } from "./scratch-schema.js";
import type { ScratchOptions } from "./scratch-use.js";
import { ShapeReader } from "./shape-reader.js";
import { shardGoneError } from "./shard-gone-error.js";

/** A shard of a scratch database. */
export interface ScratchShard extends RehearsalStage {
  /** Runs a file, without looking at what it does. @throws what it fails with */
  replay(file: MigrationScript): Promise<void>;
}

/** Scratch shards have no ledger: who has which version is known here. */
const recorder: StepRecorder<undefined> = {
  takeSql: () => [],
  takeFailure: () => undefined,
  checkSql: () => [],
  isNotStored: () => false,
  record: () => ({ sql: [], ledger: undefined }),
  replan: async () => ({ ledger: undefined, pending: [], changed: false }),
};

/** A scratch database while files run in it: one session runs them, another one looks on. */
export class ScratchStage {
  readonly #scratch: ScratchDatabase;
  readonly #options: ScratchOptions;
  readonly #onlooker: Session;
  readonly #reader: ShapeReader;
  readonly #env: Readonly<Record<string, string>>;
  readonly #shards = new Set<string>();
  #session: Session;
  /** The version that ran last. */
  #latest = "";

  static async open(scratch: ScratchDatabase, options: ScratchOptions): Promise<ScratchStage> {
    const env = withVariables(
      { ...options.env, PG_MIG_HOSTS: scratch.node.name },
      await nodeEnvironment(scratch.node),
    );
    const sessions = [await scratch.openSession(), await scratch.openSession()] as const;
    // Lets in the roles that files set: on the real shards they have their rights already.
    await sessions[0].client.query(
      "GRANT ALL ON SCHEMA public TO PUBLIC; ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO PUBLIC",
    );
    return new ScratchStage(scratch, options, sessions, env);
  }

  private constructor(
    scratch: ScratchDatabase,
    options: ScratchOptions,
    [onlooker, session]: readonly [Session, Session],
    env: Readonly<Record<string, string>>,
  ) {
    this.#scratch = scratch;
    this.#options = options;
    this.#onlooker = onlooker;
    this.#session = session;
    this.#env = env;
    this.#reader = new ShapeReader(scratch.node, {
      connect: async () => {
        const session = await scratch.openSession();
        return { query: (sql) => session.client.query(sql), end: () => session.close() };
      },
      access: "no",
      lockTimeoutMs: defaults.lockTimeoutMs,
      signal: options.signal,
    });
    options.signal.addEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = () => this.#session.destroy();

  async close(): Promise<void> {
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    await Promise.all([this.#session.close(), this.#onlooker.close(), this.#reader.close()]);
  }

  /** Runs before.sql or after.sql. @throws what the file fails with */
  async runHook(hook: CheckedScript | undefined): Promise<void> {
    if (hook !== undefined) {
      await this.#attempt(hook, "public");
    }
  }

  /** The shard for the versions of a prefix, made at the first call; `undefined`: there can be none. */
  async shardOf(prefix: string): Promise<ScratchShard | undefined> {
    const shard = scratchSchema(prefix);
    if (shard === undefined) {
      return undefined;
    }
    if (!this.#shards.has(shard)) {
      this.#shards.add(shard);
      const sql = `CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(shard)}`;
      await this.#onlooker.client.query(sql);
    }
    return {
      shard,
      shape: () => this.#shape(shard),
      objects: () => readObjects(this.#onlooker.client),
      run: (file) => this.#run(file, shard),
      replay: (file) => this.#attempt(file, shard),
    };
  }

  /** The major version of the server; known once a shape was read. */
  get major(): number {
    return this.#reader.major;
  }

  async #shape(shard: string): Promise<Shape> {
    const shape = await this.#reader.readShape(shard);
    if (shape !== undefined && "items" in shape) {
      return shape;
    }
    this.#options.signal.throwIfAborted();
    if (shape === undefined) {
      throw shardGoneError(shard, this.#latest);
    }
    throw new PgMigError(`The scratch shard "${shard}" cannot be read: ${shape.reason}.`, {
      code: "SCRATCH_FAILED",
      hint: "Look into the server's log, then run the command again.",
      where: { node: this.#scratch.node.label, shard },
    });
  }

  async #run(file: MigrationScript, shard: string): Promise<FileOutcome> {
    const session = await this.#ready();
    const startedAtMs = performance.now();
    const watch = new LockWatch({
      onlooker: this.#onlooker.client,
      pid: session.opened?.pid ?? 0,
      shard,
    });
    let failed: { readonly error: unknown } | undefined;
    try {
      const { afterMessage } = watch;
      await this.#attempt(file, shard, { batching: "single", afterMessage });
    } catch (error) {
      if (session.lost || this.#onlooker.lost || isBug(error)) {
        throw error;
      }
      failed = { error };
    }
    const { statements, locks, sequences } = watch;
    const durationMs = Math.round(performance.now() - startedAtMs);
    return { error: failed?.error, statements, locks, sequences, durationMs };
  }

  /** @throws what the file fails with */
  async #attempt(
    step: CheckedScript & { readonly version?: string },
    shard: string,
    how: Pick<RunScriptOptions, "batching" | "afterMessage"> = {},
  ): Promise<void> {
    const { version = "" } = step;
    const { signal, allowShell = false, lockTimeoutMs = defaults.lockTimeoutMs } = this.#options;
    signal.throwIfAborted();
    this.#latest = version;
    const attempted = await attemptStep(await this.#ready(), {
      shard,
      version,
      ledger: undefined,
      step,
      lockTimeoutMs,
      recorder,
      scriptOptions: { env: this.#env, allowShell, signal, ...how },
    });
    signal.throwIfAborted();
    if ("error" in attempted) {
      throw attempted.error;
    }
  }

  /** The session for the next file. */
  async #ready(): Promise<Session> {
    await this.#session.ready();
    if (this.#session.mustClose || this.#session.lost) {
      await this.#session.close();
      this.#session = await this.#scratch.openSession();
    }
    return this.#session;
  }
}
