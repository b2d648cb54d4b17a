import { PgMigError } from "@pg-mig/errors";
import type { ExecutorClient } from "./executor-client.js";
import { isConnectionLoss } from "./server-error.js";
import type { SessionTraces } from "./session-state.js";

/**
 * One kept connection to a node, on which versions run one after another. A version never meets the
 * settings, roles, temporary tables, prepared statements, locks or subscriptions of an earlier one:
 * {@link reset} drops them all.
 */
export class Session {
  readonly client: ExecutorClient;
  /** How many versions have run on it. */
  uses = 0;
  #lost = false;
  #spoilt = false;
  #reset: Promise<void> = Promise.resolve();

  constructor(client: ExecutorClient) {
    this.client = client;
    client.on("end", () => {
      this.#lost = true;
    });
  }

  /** Whether the connection is gone. It never comes back. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Whether something is left in it that no reset drops: no other version may run on it. */
  get spoilt(): boolean {
    return this.#spoilt;
  }

  /** Resolves when the session can be used again. */
  async ready(): Promise<void> {
    await this.#reset;
  }

  /**
   * Rolls back what is open, drops the traces that a version may have left, and does not wait for it:
   * the server does it while the run goes on elsewhere. A session for which that fails counts as
   * lost; one with traces that stay is `spoilt`.
   */
  reset(traces: SessionTraces): void {
    this.#spoilt ||= traces === "lasting";
    const rollBack = this.client.getTransactionStatus() !== "I";
    if (this.#lost || (traces === "none" && !rollBack)) return;
    this.#reset = (async () => {
      try {
        if (rollBack) await this.client.query("ROLLBACK");
        await this.client.query("DISCARD ALL");
      } catch {
        this.#lost = true;
        await this.close();
      }
    })();
  }

  /**
   * Commits. The message holds nothing else, so that nothing commits after its sender has died.
   *
   * @throws PgMigError `COMMIT_REFUSED` if the server answered with an error, and
   * `COMMIT_ROLLED_BACK` if with a rollback; `CONNECTION_LOST` if it gave no answer.
   */
  async commit(): Promise<void> {
    const { command } = await this.client.query("COMMIT").catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      if (!isConnectionLoss(error)) {
        throw new PgMigError(`COMMIT failed: ${reason}`, {
          code: "COMMIT_REFUSED",
          hint: "The file ran to its end; what it had left to the end of the transaction failed. Look at its deferred constraints and triggers.",
          cause: error,
        });
      }
      throw new PgMigError(
        `The connection was lost while a transaction was committed: ${reason}.`,
        {
          code: "CONNECTION_LOST",
          hint: "It may or may not have been committed. Run pg-mig again: it goes on from what is there.",
          cause: error,
        },
      );
    });
    if (command === "COMMIT") return;
    throw new PgMigError(`The server answered COMMIT with ${command ?? "nothing"}.`, {
      code: "COMMIT_ROLLED_BACK",
      hint: "A statement of the file must have ended or broken the transaction. Look at its BEGIN, COMMIT and ROLLBACK.",
    });
  }

  async close(): Promise<void> {
    this.#lost = true;
    // A connection that is already broken cannot be closed any better.
    await this.client.end().catch(() => {});
  }
}
