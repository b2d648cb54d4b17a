import { serverWords } from "@pg-mig/sessions";

/** What a server said of an error, and advised. */
export function wordsAndHint(error: unknown): string {
  const { message = String(error), hint } = serverWords(error) ?? {};
  return hint === undefined ? message : `${message}. ${hint}`;
}
