import { textStart } from "../source/source-text.js";
import type { PlainRegion } from "./script.js";
import type { StatementList } from "./statement-list.js";
import { transactionControl } from "./transaction-control.js";

/** A region of so many UTF-16 units is closed as soon as it may be: it is sent as a whole. */
const regionSize = 256 * 1024;

/** Gathers the {@link PlainRegion}s of a file while it is read. */
export class RegionCollector {
  readonly regions: PlainRegion[] = [];

  readonly #text: string;
  readonly #all: StatementList;
  #start: number;
  /** The number of its first statement. */
  #first = 0;
  /** The last place where the region could end, and how many statements it has there. */
  #clean: { readonly end: number; readonly nextLine: number; readonly count: number } | undefined;
  #mustReread = false;

  /** `all` are the statements of the text, as far as it has been read. */
  constructor(text: string, all: StatementList) {
    this.#text = text;
    this.#all = all;
    this.#start = textStart(text);
  }

  /** Something in the line that is being read has to be read again when the script runs. */
  reread(): void {
    this.#mustReread = true;
  }

  /** A line begins, and nothing is begun before it. */
  rest(lineStart: number, line: number): void {
    if (!this.#mustReread) {
      this.#clean = { end: lineStart, nextLine: line, count: this.#count };
      if (lineStart - this.#start < regionSize || this.#count === 0) {
        return;
      }
    }
    this.#close();
    this.#start = lineStart;
    this.#first = this.#all.length;
    this.#clean = undefined;
    this.#mustReread = false;
  }

  end(nextLine: number): void {
    if (!this.#mustReread) {
      this.#clean = { end: this.#text.length, nextLine, count: this.#count };
    }
    this.#close();
  }

  get #count(): number {
    return this.#all.length - this.#first;
  }

  #close(): void {
    if (this.#clean === undefined || this.#clean.count === 0) {
      return;
    }
    const { end, nextLine, count } = this.#clean;
    const statements = this.#all.part(this.#first, this.#first + count);
    const controls = statements.map(({ text }) => transactionControl(text));
    const offsetOf = (number: number) => (number < 0 ? undefined : statements.at(number)?.offset);
    this.regions.push({
      start: this.#start,
      end,
      nextLine,
      statements,
      contents: statements.flatMap(({ contents }) => contents),
      terminated: statements.at(-1)?.terminated ?? true,
      lastControlAt: offsetOf(controls.findLastIndex((control) => control !== "none")),
      endsTransactionAt: offsetOf(controls.indexOf("ends")),
    });
  }
}
