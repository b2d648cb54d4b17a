import type { Script } from "./script.js";
import type { ScriptClient, ScriptResult } from "./script-client.js";
import { ScriptInterpreter } from "./script-interpreter.js";
import { type ScriptNotice, toNotice } from "./script-notice.js";
import { Session } from "./session.js";

/** Options of {@link runScript}. */
export interface RunScriptOptions {
  /** SQL statements glued before the first message: one statement each, without a semicolon at the end. */
  readonly prologue?: readonly string[];
  /** SQL statements glued behind the last message, likewise. Never sent when anything before them failed. */
  readonly epilogue?: readonly string[];
  /**
   * `joined`: consecutive statements travel as one message, which outside a transaction is one
   * transaction. `single`: one message per statement, as psql does; the prologue and the epilogue are
   * then messages of their own.
   *
   * @default "joined"
   */
  readonly batching?: "joined" | "single";
  /**
   * The prologue opens a transaction, and the script must leave it open. A statement that would end
   * it is refused before it is sent; if it is gone nevertheless, nothing more is sent.
   *
   * @default false
   */
  readonly expectOpenTransaction?: boolean;
  /** psql variables that are set when the script begins. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Called for every notice and warning of the server. */
  readonly onNotice?: (notice: ScriptNotice) => void;
  /** When aborted, no further message is sent. What is running on the server goes on. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a script over a connection, as `psql -X -v ON_ERROR_STOP=1 -f file` would.
 *
 * A script without psql commands and variables is one message: prologue, text, epilogue. The epilogue
 * is never sent when anything before it failed. After an error nothing more is sent; the transaction is
 * left as the server has it, for the caller to roll back.
 *
 * @throws ScriptError for whatever goes wrong; see its documentation for the codes.
 */
export async function runScript(
  script: Script,
  client: ScriptClient,
  options: RunScriptOptions = {},
): Promise<ScriptResult> {
  const session = new Session(client, {
    prologue: options.prologue ?? [],
    epilogue: options.epilogue ?? [],
    batching: options.batching ?? "joined",
    expectOpenTransaction: options.expectOpenTransaction ?? false,
    signal: options.signal,
  });
  const onNotice = (notice: Partial<ScriptNotice>) => options.onNotice?.(toNotice(notice));
  // A connection that breaks fails the message that is under way; the event would end the process.
  const onError = () => {};
  client.on("notice", onNotice);
  client.on("error", onError);
  try {
    await new ScriptInterpreter(session, options).run(script);
    await session.finish();
  } finally {
    client.removeListener("notice", onNotice);
    client.removeListener("error", onError);
  }
  return { transactionStatus: session.status ?? "idle", messages: session.messages };
}
