import type { MessagePart } from "../source/message.js";

/** A part of a message, with what the outbox has to know of it. */
export interface OutboxPart extends MessagePart {
  /** Where the last statement that begins or ends a transaction begins, if there is one. */
  readonly lastControlAt: number | undefined;
  /** Where the first statement that ends a transaction begins, if there is one. */
  readonly endsTransactionAt: number | undefined;
  /** Its statements were cut together: a change of standard_conforming_strings in it comes too late. */
  readonly stringsMatter?: boolean;
}
