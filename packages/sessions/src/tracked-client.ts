import type { ScriptQuery } from "@pg-mig/psql-script";
import type { ArrayQuery, QueryAnswer, SessionClient } from "./session-client.js";

/** A message that waits for the server's answer. Each message has an object of its own. */
export interface AwaitedMessage {
  /** When it was sent, by `performance.now()`. */
  readonly sinceMs: number;
}

/** A client that tells whether, and since when, a message of it waits for the server's answer. */
export class TrackedClient implements SessionClient {
  readonly #client: SessionClient;
  #unanswered = 0;
  #awaited: AwaitedMessage | undefined;

  constructor(client: SessionClient) {
    this.#client = client;
  }

  /** The message that waits for its answer now; `undefined`: none does. */
  get awaited(): AwaitedMessage | undefined {
    return this.#awaited;
  }

  query(sql: string): Promise<QueryAnswer>;
  query(query: ArrayQuery): Promise<QueryAnswer>;
  query(query: ScriptQuery): unknown;
  query(message: string | ArrayQuery | ScriptQuery): unknown {
    this.#unanswered++;
    this.#awaited ??= { sinceMs: performance.now() };
    // The client sends one message after another: the next one flies when this one has landed.
    const land = () => {
      this.#unanswered--;
      this.#awaited = this.#unanswered === 0 ? undefined : { sinceMs: performance.now() };
    };
    if (typeof message === "object" && "outcome" in message) {
      void message.outcome.then(land, land);
      return this.#client.query(message);
    }
    const answer =
      typeof message === "string" ? this.#client.query(message) : this.#client.query(message);
    answer.then(land, land);
    return answer;
  }

  getTransactionStatus(): "I" | "T" | "E" | null {
    return this.#client.getTransactionStatus();
  }

  getParameterStatus(name: string): string | undefined {
    return this.#client.getParameterStatus?.(name);
  }

  end(): Promise<void> {
    return this.#client.end();
  }

  on(...args: Parameters<SessionClient["on"]>): unknown {
    return this.#client.on(...args);
  }

  removeListener(...args: Parameters<SessionClient["removeListener"]>): unknown {
    return this.#client.removeListener(...args);
  }

  get host() {
    return this.#client.host;
  }

  get port() {
    return this.#client.port;
  }

  get user() {
    return this.#client.user;
  }

  get database() {
    return this.#client.database;
  }
}
