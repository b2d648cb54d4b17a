import { PgMigError, wordsOf } from "@pg-mig/model";
import { type MessageOutcome, type RunScriptOptions, sendMessages } from "@pg-mig/psql-script";
import type { Blocker } from "@pg-mig/report";
import { lastAnswer } from "./last-answer.js";
import type { Leftovers } from "./leftovers.js";
import { isBug, isConnectionLoss } from "./server-error.js";
import type { SessionClient } from "./session-client.js";
import {
  backendSizeSql,
  keepSessionSql,
  type OpenedSession,
  openSessionSql,
  parseOpenedSession,
  refusableSetting,
} from "./session-settings.js";
import { type Backend, rollBackSharedSql } from "./shared-backend.js";
import { type AwaitedMessage, TrackedClient } from "./tracked-client.js";
import { within } from "./within.js";

/** How long a server has to take leave before its connection is simply broken. */
const farewellMs = 5000;

export interface SessionOptions {
  /** Where it is `shared`, nothing is set for longer than a transaction. @default "own" */
  readonly backend?: Backend;
  /** Told when the connection has ended without {@link Session.close}. */
  readonly onBroken?: (session: Session) => void;
}

/**
 * One kept connection to a node, on which versions run one after another. A version never meets the
 * settings, roles, temporary tables, prepared statements, locks or subscriptions of an earlier one:
 * {@link reset} drops them all.
 */
export class Session {
  readonly client: SessionClient;
  /** How many versions have run on it since its size was asked last. */
  uses = 0;
  /** Who was last seen to make the work at hand wait, if anybody was. */
  blockedBy: readonly Blocker[] = [];
  /** Whether the work at hand was cancelled since it had waited for others, or held others up, too long. */
  gaveUp: "no" | "waiting" | "obstructing" = "no";
  /** Whether the guard of the steps is prepared in it. */
  hasGuard = false;
  /** Whether the server's side is this session's alone, or a pooler's, which lends it per transaction. */
  readonly backend: Backend;
  readonly #connection: SessionClient;
  readonly #tracked: TrackedClient;
  #opened: OpenedSession | undefined;
  #lost = false;
  #leaving = false;
  #mustClose = false;
  #bug: { readonly reason: unknown } | undefined;
  #settled: Promise<void> = Promise.resolve();
  #settling = 0;

  constructor(connection: SessionClient, { backend = "own", onBroken }: SessionOptions = {}) {
    this.backend = backend;
    this.#connection = connection;
    this.client = this.#tracked = new TrackedClient(connection);
    connection.on("end", () => {
      this.#lost = true;
      if (!this.#leaving) {
        onBroken?.(this);
      }
    });
  }

  /** The connection as it was opened. */
  get connection(): SessionClient {
    return this.#connection;
  }

  /** What the server told when the session was opened; `undefined` before it did. */
  get opened(): OpenedSession | undefined {
    return this.#opened;
  }

  /** Takes note that event triggers were made since it was opened. */
  noteEventTriggers(): void {
    this.#opened &&= { ...this.#opened, hasEventTriggers: true };
  }

  /** The message that waits for the server's answer; `undefined`: none does. */
  get awaited(): AwaitedMessage | undefined {
    return this.#tracked.awaited;
  }

  /** Whether the connection is gone. It never comes back. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Whether no other version may run on it: something is left in it that no reset drops, or it has become large. */
  get mustClose(): boolean {
    return this.#mustClose;
  }

  /** Whether it can be used at once. */
  get isReady(): boolean {
    return !this.#lost && !this.#mustClose && this.#settling === 0 && this.#bug === undefined;
  }

  /** Resolves when the session can be used, or is lost; rejects with a bug that was met meanwhile. */
  async ready(): Promise<void> {
    await this.#settled;
    if (this.#bug !== undefined) {
      throw this.#bug.reason;
    }
  }

  /**
   * Sets what holds for the whole session, and learns which process of the server it is. With a shared
   * backend there is no such thing.
   */
  open(): void {
    if (this.backend === "shared") {
      return;
    }
    this.#settle(async () => {
      const answer = await this.client.query(openSessionSql()).catch((error: unknown) => {
        if (isConnectionLoss(error)) {
          throw error;
        }
        return this.client.query(openSessionSql(refusableSetting));
      });
      this.#opened = parseOpenedSession(answer);
    });
  }

  /**
   * Rolls back what is open, drops what a version may have left, and does not wait for it:
   * the server does it while the run goes on elsewhere. A session for which that fails counts as
   * lost; if something stays, the session `mustClose`. With a shared backend it only rolls back: the version's
   * own transaction has dropped the leftovers, if it was committed.
   */
  reset(leftovers: Leftovers): void {
    const isOpen = this.client.getTransactionStatus() !== "I";
    this.#mustClose ||= leftovers === "lasting";
    if (this.#lost) {
      return;
    }
    const rollBack = isOpen ? [this.backend === "shared" ? rollBackSharedSql : "ROLLBACK"] : [];
    const [first, ...more] = [...rollBack, ...this.#dropSql(isOpen ? "droppable" : leftovers)];
    if (first !== undefined) {
      this.#settle(() => allDone(sendMessages(this.client, [first, ...more])));
    }
  }

  /**
   * Asks the server how much memory its process has for itself, and does not wait for it. If that is more than so many
   * bytes, the session `mustClose`; one whose role may not see it is closed. The process of a shared backend is somebody
   * else's next.
   */
  limitSize(bytes: number): void {
    if (this.backend === "shared") {
      return;
    }
    this.#settle(async () => {
      const { rows } = lastAnswer(await this.client.query(backendSizeSql));
      const [answer] = rows as readonly { readonly bytes: string }[];
      this.#mustClose ||= Number(answer?.bytes) > bytes;
    });
  }

  /**
   * Commits, and drops what the version may have left, as {@link reset} does, in the same write. The message
   * that commits holds nothing else, so that nothing commits after its sender has died. Resolves when
   * the server has committed. `onNotice` hears what the server says meanwhile: deferred triggers do, and a
   * primary whose synchronous replica did not answer.
   *
   * @throws PgMigError `COMMIT_REFUSED` if the server answered with an error, and
   * `COMMIT_ROLLED_BACK` if with a rollback; `CONNECTION_LOST` if it gave no answer.
   */
  commit(
    leftovers: Leftovers,
    { onNotice }: Pick<RunScriptOptions, "onNotice"> = {},
  ): Promise<void> {
    this.#mustClose ||= leftovers === "lasting";
    const messages = ["COMMIT", ...this.#dropSql(leftovers)] as const;
    const [commit, ...drop] = sendMessages(this.client, messages, { onNotice });
    if (drop.length > 0) {
      this.#settle(() => allDone(drop));
    }
    return (commit as Promise<MessageOutcome>).then(requireCommitted);
  }

  /** The messages that drop what was left; with a shared backend there is nothing, or somebody else's. */
  #dropSql(leftovers: Leftovers): readonly string[] {
    const mayLeave = leftovers !== "none" || this.#opened?.hasEventTriggers;
    if (this.backend === "shared" || !mayLeave) {
      return [];
    }
    this.hasGuard = false;
    return ["DISCARD ALL", keepSessionSql(this.#opened)];
  }

  /** Takes leave of the server; breaks the connection where that takes too long. */
  async close(): Promise<void> {
    this.#leaving ||= !this.#lost;
    this.#lost = true;
    const farewell = this.#settled.then(() => this.#connection.end());
    // A connection that is already broken cannot be closed any better.
    if (
      (await within(
        farewellMs,
        farewell.catch(() => {}),
      )) === "late"
    ) {
      this.destroy();
    }
  }

  /**
   * Breaks the connection at once, without a word to the server, which may not hear it: whatever
   * waits for an answer fails as it does when a network breaks.
   */
  destroy(): void {
    this.#lost = true;
    this.#connection.connection?.stream.destroy();
  }

  /** Prepares the session for the next version, after all that does so already: two would take each other's answers. */
  #settle(prepare: () => Promise<void>): void {
    this.#settling++;
    this.#settled = this.#settled
      .then(prepare)
      .catch((error: unknown) => {
        if (isBug(error)) {
          this.#bug = { reason: error };
        }
        if (isConnectionLoss(error)) {
          this.destroy();
        } else {
          void this.close();
        }
      })
      .finally(() => {
        this.#settling--;
      });
  }
}

/** Rejects with the first error. */
async function allDone(messages: readonly Promise<MessageOutcome>[]): Promise<void> {
  for (const { error, lost } of await Promise.all(messages)) {
    if (error !== undefined || lost !== undefined) {
      throw error ?? lost;
    }
  }
}

function requireCommitted({ error, lost, tags }: MessageOutcome): void {
  if (error !== undefined || lost !== undefined) {
    throw commitError(error ?? lost);
  }
  const command = tags.at(-1);
  if (command !== "COMMIT") {
    throw new PgMigError(`The server answered COMMIT with ${command ?? "nothing"}.`, {
      code: "COMMIT_ROLLED_BACK",
      hint: "A statement of the file must have ended or broken the transaction. Look at its BEGIN, COMMIT and ROLLBACK.",
    });
  }
}

function commitError(error: unknown): unknown {
  if (isBug(error)) {
    return error;
  }
  const reason = wordsOf(error);
  if (!isConnectionLoss(error)) {
    return new PgMigError(`COMMIT failed: ${reason}`, {
      code: "COMMIT_REFUSED",
      hint: "The file ran to its end; what it had left to the end of the transaction failed. Look at its deferred constraints and triggers.",
      cause: error,
    });
  }
  return new PgMigError(`The connection was lost while a transaction was committed: ${reason}.`, {
    code: "CONNECTION_LOST",
    hint: "It may or may not have been committed. Run pg-mig again: it goes on from what is there.",
    cause: error,
  });
}
