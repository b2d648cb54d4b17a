import { EventEmitter } from "node:events";
import type { ScriptQuery } from "@pg-mig/psql-script";
import type { SessionClient } from "@pg-mig/sessions";

/**
 * A client that is connected to nothing: it says OK to every message, as a server in a transaction
 * would, and keeps the texts. What would be sent is thereby what the real code sends.
 */
export function createRecordingClient(): {
  readonly client: SessionClient;
  readonly messages: readonly string[];
} {
  const messages: string[] = [];
  let current: ScriptQuery | undefined;
  const connection = Object.assign(new EventEmitter(), {
    query(text: string) {
      messages.push(text);
      queueMicrotask(() => {
        current?.handleCommandComplete({ text });
        connection.emit("readyForQuery", { status: "T" });
      });
    },
  });
  const query = (message: string | ScriptQuery) => {
    if (typeof message !== "string") {
      current = message;
      return message.submit(connection as never);
    }
    messages.push(message);
    return Promise.resolve({ command: message, rows: [] });
  };
  const client: SessionClient = {
    query: query as SessionClient["query"],
    getTransactionStatus: () => "T",
    getParameterStatus: (name) => (name === "standard_conforming_strings" ? "on" : undefined),
    end: async () => {},
    on: () => {},
    removeListener: () => {},
  };
  return { client, messages };
}
