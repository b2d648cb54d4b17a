/** `idle`: outside a transaction; `open`: in one; `failed`: in one that can only be rolled back. */
export type TransactionStatus = "idle" | "open" | "failed";
