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
  /** The client sends one message after another: the next one flies when this one has landed. */
  readonly #land = () => {
    this.#unanswered--;
    this.#awaited = this.#unanswered === 0 ? undefined : { sinceMs: performance.now() };
  };

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
    if (typeof message === "object" && "submit" in message) {
      const { callback } = message;
      message.callback = callback === undefined ? this.#land : chained(this.#land, callback);
      return this.#client.query(message);
    }
    const answer =
      typeof message === "string" ? this.#client.query(message) : this.#client.query(message);
    answer.then(this.#land, this.#land);
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

  listenerCount(event: string): number {
    return this.#client.listenerCount?.(event) ?? 0;
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

function chained(
  land: () => void,
  callback: NonNullable<ScriptQuery["callback"]>,
): NonNullable<ScriptQuery["callback"]> {
  return (error) => {
    land();
    callback(error);
  };
}
