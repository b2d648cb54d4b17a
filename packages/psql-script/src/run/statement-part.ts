import type { ScriptStatement } from "../read/statement.js";
import { transactionControl } from "../read/transaction-control.js";
import type { SourcePosition, SourceText } from "../source/source-text.js";
import type { OutboxPart } from "./outbox-part.js";
import type { PartOrigin } from "./script-parts.js";

/** One statement of a region. A file of data has a million of them: what only an error asks for is found then. */
export class StatementPart implements OutboxPart {
  readonly part = "script";
  readonly source: SourceText;
  readonly includedFrom: readonly SourcePosition[];
  readonly text: string;
  readonly lastControlAt: number | undefined;
  readonly endsTransactionAt: number | undefined;
  readonly #statement: ScriptStatement;

  constructor(statement: ScriptStatement, { source, includedFrom }: PartOrigin) {
    this.source = source;
    this.includedFrom = includedFrom;
    this.text = statement.text;
    this.#statement = statement;
    const control = transactionControl(this.text);
    this.lastControlAt = control === "none" ? undefined : statement.offset;
    this.endsTransactionAt = control === "ends" ? statement.offset : undefined;
  }

  get terminated(): boolean {
    return this.#statement.terminated;
  }

  get statements(): readonly number[] {
    return this.#statement.contents;
  }

  locate(index: number): number {
    return this.#statement.query.sourceOffset(index);
  }
}
