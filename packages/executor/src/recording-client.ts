import { EventEmitter } from "node:events";
import { parseScript, type ScriptQuery } from "@pg-mig/psql-script";
import type { SessionClient } from "@pg-mig/sessions";
import { isOpenAfter } from "@pg-mig/sql-rules";

/**
 * A client that is connected to nothing: it says OK to every message, as a server in a transaction
 * would, and keeps the texts. So the real code shows what it would send.
 *
 * @param standsFor Texts to keep instead of others: for a message that stands for a file, the file.
 */
export function createRecordingClient(standsFor: ReadonlyMap<string, string> = new Map()): {
  readonly client: SessionClient;
  readonly messages: readonly string[];
} {
  const messages: string[] = [];
  let current: ScriptQuery | undefined;
  let status: "T" | "I" = "T";
  const connection = Object.assign(new EventEmitter(), {
    query(sent: string) {
      const text = standsFor.get(sent) ?? sent;
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

function statusAfter(text: string, before: "T" | "I"): "T" | "I" {
  return isOpenAfter(parseScript(text, { file: "" }), before === "T") ? "T" : "I";
}
