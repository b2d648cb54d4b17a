import { readShapes, type Shape } from "@pg-mig/catalog";
import { blockersHint } from "@pg-mig/executor";
import { type ShardLedger, takeFailure, takeShardSql } from "@pg-mig/ledger";
import type { MigrationScript } from "@pg-mig/migrations";
import { isPgMigError, ownPathSql, PgMigError, quoteIdentifier } from "@pg-mig/model";
import { runScript, runsShell } from "@pg-mig/psql-script";
import type { Blocker } from "@pg-mig/report";
import {
  isBug,
  isConnectionLoss,
  lastAnswer,
  leaveNothingSql,
  type Session,
  serverWords,
} from "@pg-mig/sessions";
import { type DatabaseObjects, readObjects } from "./database-objects.js";
import { LockWatch } from "./lock-watch.js";
import type { FileOutcome, RehearsalStage } from "./rehearse-version.js";
import { shardGoneError } from "./shard-gone-error.js";

export interface LiveStageOptions {
  readonly ledger: ShardLedger;
  /** It runs the files, in one transaction. */
  readonly session: Session;
  /** It looks at the locks meanwhile. */
  readonly onlooker: Session;
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** What psql commands in the files see. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** If this process is stopped, the server gives the locks of the shard back after so long. */
const idleTimeoutMs = 10_000;

const shellCommands = "it runs shell commands";

/** Errors that say no more of a file than that it cannot share a transaction with others. */
const notHere: Readonly<Record<string, string>> = {
  "25001": "a statement of it must be the first, or outside, of a transaction",
  "2D000": "it commits inside of a procedure",
  "55P04": "it uses a value that it adds to an enum, which must be committed first",
};

/**
 * A live shard, in one transaction that nobody commits: whoever made the stage rolls back the session.
 * Other runs find the shard taken meanwhile.
 */
export class LiveStage implements RehearsalStage {
  readonly shard: string;
  readonly #options: LiveStageOptions;
  readonly #pid: number;
  readonly #major: number;
  #gaveUp: string | undefined;
  #blockedBy: readonly Blocker[] = [];
  /** The version that ran last. */
  #latest = "";

  /** @throws PgMigError `SHARD_TAKEN`, `LEDGER_CHANGED` */
  static async begin(options: LiveStageOptions): Promise<LiveStage> {
    const { session, ledger } = options;
    const sql = [
      "BEGIN ISOLATION LEVEL READ COMMITTED",
      ...settingsSql(options),
      ...takeShardSql(ledger),
      ownPathSql,
      "SELECT pg_backend_pid() AS pid, current_setting('server_version_num')::int4 / 10000 AS major",
    ];
    try {
      const { rows } = lastAnswer(await session.client.query(sql.join(";\n")));
      const [server] = rows as readonly [{ readonly pid: number; readonly major: number }];
      return new LiveStage(options, server);
    } catch (error) {
      const words = serverWords(error);
      const failure = words && takeFailure(words);
      throw failure === undefined ? error : notTaken(failure, ledger.shard);
    }
  }

  private constructor(
    options: LiveStageOptions,
    { pid, major }: { readonly pid: number; readonly major: number },
  ) {
    this.shard = options.ledger.shard;
    this.#options = options;
    this.#pid = pid;
    this.#major = major;
  }

  /** Why nothing more may be tried on the shard; `undefined`: it may. */
  get gaveUp(): string | undefined {
    return this.#gaveUp;
  }

  /** Whom it waited for, if it gave up for that and somebody was seen. */
  get blockedBy(): readonly Blocker[] {
    return this.#blockedBy;
  }

  async shape(): Promise<Shape> {
    const { client } = this.#options.session;
    await client.query("SAVEPOINT pg_mig_shape");
    const query = (sql: string) => client.query(`SET LOCAL statement_timeout TO 0;\n${sql}`);
    const options = { major: this.#major, lockTimeoutMs: this.#options.lockTimeoutMs };
    this.#options.session.blockedBy = [];
    const [shape] = await readShapes({ query }, [this.shard], options).catch((error: unknown) => {
      throw serverWords(error)?.sqlState === "55P03" ? this.#locked() : error;
    });
    await client.query("ROLLBACK TO SAVEPOINT pg_mig_shape; RELEASE SAVEPOINT pg_mig_shape");
    if (shape !== undefined) {
      return shape;
    }
    throw shardGoneError(this.shard, this.#latest);
  }

  objects(): Promise<DatabaseObjects> {
    return readObjects(this.#options.session.client);
  }

  async run(file: MigrationScript): Promise<FileOutcome> {
    const { session, onlooker, env, signal } = this.#options;
    const { client } = session;
    const watch = new LockWatch({
      onlooker: onlooker.client,
      pid: this.#pid,
      shard: this.shard,
    });
    const outcome = (rest: Partial<FileOutcome>, durationMs = 0): FileOutcome => {
      const { statements, locks, sequences } = watch;
      return { error: undefined, statements, locks, sequences, durationMs, ...rest };
    };
    const untried = this.#gaveUp ?? whyNotHere(file);
    if (untried !== undefined) {
      return outcome({ untried });
    }
    this.#latest = file.version;
    const path = `SET LOCAL search_path TO ${quoteIdentifier(this.shard)}`;
    await client.query(["SAVEPOINT pg_mig_file", ...settingsSql(this.#options), path].join(";\n"));
    await watch.begin();
    session.blockedBy = [];
    const startedAtMs = performance.now();
    try {
      await runScript(file.script, client, {
        ...{ env, signal, batching: "single", expectOpenTransaction: true },
        afterMessage: watch.afterMessage,
      });
      await this.#settle();
      return outcome({}, Math.round(performance.now() - startedAtMs));
    } catch (error) {
      signal.throwIfAborted();
      const isOpen = client.getTransactionStatus() !== "I";
      if (isBug(error) || isConnectionLoss(error) || session.lost || !isOpen) {
        throw error;
      }
      await client.query("ROLLBACK TO SAVEPOINT pg_mig_file; RELEASE SAVEPOINT pg_mig_file");
      const reason = isShellRefusal(error)
        ? shellCommands
        : this.#untriedBy(serverWords(error)?.sqlState ?? "");
      return outcome(reason === undefined ? { error } : { untried: reason });
    }
  }

  /** What the COMMIT of a version does with what was put off, and the end of its session with what it set. */
  async #settle(): Promise<void> {
    const { client } = this.#options.session;
    await client.query(`${ownPathSql};\nSET CONSTRAINTS ALL IMMEDIATE`);
    const deferred = await client.query(
      "SELECT string_agg(format('%I.%I', n.nspname, c.conname), ', ') AS names " +
        "FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace " +
        `WHERE c.condeferred AND n.oid = ${this.#options.ledger.schemaOid}`,
    );
    const [{ names } = { names: null }] = deferred.rows as readonly { names: string | null }[];
    await client.query(
      [
        ...leaveNothingSql,
        ...(names === null ? [] : [`SET CONSTRAINTS ${names} DEFERRED`]),
        "RELEASE SAVEPOINT pg_mig_file",
      ].join(";\n"),
    );
  }

  #locked(): PgMigError {
    const { lockTimeoutMs } = this.#options;
    return new PgMigError(
      `The shard "${this.shard}" cannot be read: waited ${lockTimeoutMs / 1000} s for a lock.`,
      {
        code: "NODE_UNREADABLE",
        hint:
          blockersHint(this.#options.session.blockedBy) ??
          "Somebody changes a table of it. All was rolled back: rehearse again later.",
      },
    );
  }

  #untriedBy(sqlState: string): string | undefined {
    const { lockTimeoutMs, statementTimeoutMs } = this.#options;
    if (sqlState === "55P03") {
      this.#blockedBy = this.#options.session.blockedBy;
      this.#gaveUp = `it waited ${lockTimeoutMs / 1000} s for a lock, and is not tried again`;
    } else if (sqlState === "57014") {
      this.#gaveUp = `a statement took ${statementTimeoutMs / 1000} s, and is not tried again`;
    }
    return this.#gaveUp ?? notHere[sqlState];
  }
}

function settingsSql({
  lockTimeoutMs,
  statementTimeoutMs,
}: Pick<LiveStageOptions, "lockTimeoutMs" | "statementTimeoutMs">): string[] {
  return [
    `SET LOCAL statement_timeout TO ${statementTimeoutMs}`,
    `SET LOCAL lock_timeout TO ${lockTimeoutMs}`,
    `SET LOCAL idle_in_transaction_session_timeout TO ${idleTimeoutMs}`,
  ];
}

/** Why a file cannot run in a transaction that is rolled back; `undefined`: as far as can be seen, it can. */
function whyNotHere({ transaction, script }: MigrationScript): string | undefined {
  if (transaction !== "wrapped") {
    return transaction === "concurrent"
      ? "it runs outside of a transaction"
      : "it begins or ends transactions itself";
  }
  const files = [script, ...script.includes.values()];
  return files.some(({ commands }) => commands.some(runsShell)) ? shellCommands : undefined;
}

/** One that only showed when it was reached: in an `\if`, or as `\copy … program`. */
function isShellRefusal(error: unknown): boolean {
  return (
    isPgMigError(error) &&
    error.code === "SCRIPT_COMMAND_REFUSED" &&
    error.message.includes("shell commands are not allowed")
  );
}

function notTaken(failure: "shard-taken" | "ledger-changed", shard: string): PgMigError {
  return failure === "shard-taken"
    ? new PgMigError(`A run works on shard "${shard}".`, {
        code: "SHARD_TAKEN",
        hint: "Let it end, then rehearse again.",
      })
    : new PgMigError(`The ledger of shard "${shard}" has changed since it was read.`, {
        code: "LEDGER_CHANGED",
        hint: "A run has worked on it. Rehearse again.",
      });
}
