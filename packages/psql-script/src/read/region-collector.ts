import { textStart } from "../source/source-text.js";
import type { PlainRegion } from "./script.js";
import type { ScriptStatement } from "./statement.js";
import { transactionControl } from "./transaction-control.js";

/** A region of so many UTF-16 units is closed as soon as it may be: it is sent as a whole. */
const regionSize = 256 * 1024;

/** Gathers the {@link PlainRegion}s of a file while it is read. */
export class RegionCollector {
  readonly regions: PlainRegion[] = [];

  readonly #text: string;
  #start: number;
  #statements: ScriptStatement[] = [];
  /** The last place where the region could end, and how many statements it has there. */
  #clean: { readonly end: number; readonly nextLine: number; readonly count: number } | undefined;
  #mustReread = false;

  constructor(text: string) {
    this.#text = text;
    this.#start = textStart(text);
  }

  add(statement: ScriptStatement): void {
    this.#statements.push(statement);
  }

  /** Something in the line that is being read has to be read again when the script runs. */
  reread(): void {
    this.#mustReread = true;
  }

  /** A line begins, and nothing is begun before it. */
  rest(lineStart: number, line: number): void {
    if (!this.#mustReread) {
      this.#clean = { end: lineStart, nextLine: line, count: this.#statements.length };
      if (lineStart - this.#start < regionSize || this.#statements.length === 0) {
        return;
      }
    }
    this.#close();
    this.#start = lineStart;
    this.#statements = [];
    this.#clean = undefined;
    this.#mustReread = false;
  }

  end(nextLine: number): void {
    if (!this.#mustReread) {
      this.#clean = { end: this.#text.length, nextLine, count: this.#statements.length };
    }
    this.#close();
  }

  #close(): void {
    if (this.#clean === undefined || this.#clean.count === 0) {
      return;
    }
    const { end, nextLine, count } = this.#clean;
    const statements = this.#statements.slice(0, count);
    const controls = statements.map(({ text }) => transactionControl(text));
    this.regions.push({
      start: this.#start,
      end,
      nextLine,
      statements,
      contents: statements.flatMap(({ contents }) => contents),
      terminated: statements.at(-1)?.terminated ?? true,
      lastControlAt: statements[controls.findLastIndex((control) => control !== "none")]?.offset,
      endsTransactionAt: statements[controls.indexOf("ends")]?.offset,
    });
  }
}
