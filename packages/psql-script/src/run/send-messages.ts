import type { ScriptClient } from "./script-client.js";
import { type QueryOutcome, SimpleQuery } from "./simple-query.js";

/** What became of one message. */
export type MessageOutcome = Pick<QueryOutcome, "status" | "tags" | "error" | "lost">;

/**
 * Sends texts in one write, each a message of its own: the server takes the next one whatever became of
 * the one before it. Gives what becomes of each, in order; none of the promises rejects. Nobody else may
 * use the client until the last one is settled.
 */
export function sendMessages(
  client: ScriptClient,
  [text, ...textsBehind]: readonly [string, ...string[]],
): readonly Promise<MessageOutcome>[] {
  const settle: ((outcome: Promise<MessageOutcome>) => void)[] = [];
  const outcomes = textsBehind.map(
    () => new Promise<MessageOutcome>((resolve) => settle.push(resolve)),
  );
  // The client must take each answer for that of a message: the next is its own as soon as one is over.
  const answerNext = () => {
    const next = settle.shift();
    if (next !== undefined) {
      const query = new SimpleQuery({ text: undefined, onOver: answerNext });
      next(query.outcome);
      client.query(query);
    }
  };
  const first = new SimpleQuery({ text, textsBehind, onOver: answerNext });
  client.query(first);
  return [first.outcome, ...outcomes];
}
