import type { QueryAnswer } from "./session-client.js";

/** The answer to the last statement of a message: one of several statements has an answer for each. */
export function lastAnswer(answers: unknown): QueryAnswer {
  return [answers].flat().at(-1) as QueryAnswer;
}
