/** `idle`: outside a transaction; `open`: in one; `failed`: in one that can only be rolled back. */
export type TransactionStatus = "idle" | "open" | "failed";

/** The status that the protocol's letter means. */
export function statusOfLetter(letter: string | null | undefined): TransactionStatus | undefined {
  return letter === "I" ? "idle" : letter === "T" ? "open" : letter === "E" ? "failed" : undefined;
}
