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
  let status: "T" | "I" = "T";
  const connection = Object.assign(new EventEmitter(), {
    query(text: string) {
      messages.push(text);
      status = statusAfter(text, status);
      queueMicrotask(() => {
        current?.handleCommandComplete({ text });
        connection.emit("readyForQuery", { status });
      });
    },
  });
  const query = (message: string | ScriptQuery) => {
    if (typeof message !== "string") {
      current = message;
      return message.submit(connection as never);
    }
    messages.push(message);
    status = statusAfter(message, status);
    return Promise.resolve({ command: message, rows: [] });
  };
  const client: SessionClient = {
    query: query as SessionClient["query"],
    getTransactionStatus: () => status,
    getParameterStatus: (name) => (name === "standard_conforming_strings" ? "on" : undefined),
    end: async () => {},
    on: () => {},
    removeListener: () => {},
  };
  return { client, messages };
}

/** The last statement of a message that begins or ends a transaction; each begins a line. */
function statusAfter(message: string, before: "T" | "I"): "T" | "I" {
  const controls = message.match(/^\s*(?:BEGIN|START|COMMIT|END|ROLLBACK|ABORT)\b/gim);
  const last = controls?.at(-1)?.trim().toUpperCase();
  return last === undefined ? before : last === "BEGIN" || last === "START" ? "T" : "I";
}
