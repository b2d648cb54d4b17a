import type { ScriptClient } from "./script-client.js";
import {
  type QueryOutcome,
  SimpleQuery,
  type SimpleQueryOptions,
  sendQuery,
} from "./simple-query.js";

/** What became of one message. */
export type MessageOutcome = Pick<QueryOutcome, "status" | "tags" | "error" | "lost">;

/**
 * Sends texts in one write, each a message of its own: the server takes the next one whatever became of
 * the one before it. Gives what becomes of each, in order; none of the promises rejects. Nobody else may
 * use the client until the last one is settled. `onNotice` hears what the server says to the first.
 */
export function sendMessages(
  client: ScriptClient,
  [text, ...textsBehind]: readonly [string, ...string[]],
  { onNotice }: Pick<SimpleQueryOptions, "onNotice"> = {},
): readonly Promise<MessageOutcome>[] {
  if (textsBehind.length === 0) {
    return [sendQuery(client, { text, onNotice })];
  }
  const settle: ((outcome: MessageOutcome) => void)[] = [];
  const outcomes = [text, ...textsBehind].map(
    () => new Promise<MessageOutcome>((resolve) => settle.push(resolve)),
  );
  const send = (options: SimpleQueryOptions) =>
    client.query(
      new SimpleQuery(options, (outcome) => {
        settle.shift()?.(outcome);
        // The client must take each answer for that of a message: the next is its own as soon as one is over.
        if (settle.length > 0) {
          send({ text: undefined });
        }
      }),
    );
  send({ text, textsBehind, onNotice });
  return outcomes;
}
