import { serverWords } from "@pg-mig/sessions";

/**
 * What a server without room for more locks said, and what to do: what the server advises, if a statement of a file
 * met it. Of the tool's own statements its advice is not known.
 */
export function wordsAndHint(error: unknown): string {
  const { message = String(error), hint = "Raise max_locks_per_transaction." } =
    serverWords(error) ?? {};
  return `${message}. ${hint}`;
}
