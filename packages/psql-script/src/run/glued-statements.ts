import { type MessagePart, statementSeparator } from "../source/message.js";
import type { OutboxPart } from "./outbox-part.js";

/** Statements of the caller's, one each without a semicolon at the end, as one part of a message. */
export class GluedStatements implements OutboxPart {
  readonly part: MessagePart["part"];
  readonly text: string;
  readonly terminated = false;
  readonly source = undefined;
  readonly includedFrom = [];
  readonly lastControlAt = undefined;
  readonly endsTransactionAt = undefined;
  readonly #each: readonly string[];

  constructor(part: MessagePart["part"], each: readonly string[]) {
    this.part = part;
    this.text = each.join(statementSeparator);
    this.#each = each;
  }

  /** Only what failed is asked where it stands. */
  get statements(): readonly number[] {
    let next = 0;
    return this.#each.map((text) => {
      const start = next;
      next += text.length + statementSeparator.length;
      return start;
    });
  }

  locate(index: number): number {
    return index;
  }
}
