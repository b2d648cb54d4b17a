import type { SourceText } from "../source/source-text.js";
import { ScriptStatement, type StatementPlace } from "./statement.js";

/** How many numbers the place of a statement is. */
const width = 5;

/** The places of statements, packed, and those statements that are more than a place. */
interface Places {
  readonly source: SourceText;
  numbers: Int32Array;
  count: number;
  readonly others: Map<number, ScriptStatement>;
}

/**
 * The statements of a file, or of a part of it, in their order. A dump has hundreds of thousands: of one that is
 * sent as it stands in the file, a few bytes are kept, and each look at it makes the object anew.
 */
export class StatementList implements Iterable<ScriptStatement> {
  readonly #places: Places;
  readonly #from: number;
  readonly #to: number | undefined;

  private constructor(places: Places, from: number, to: number | undefined) {
    this.#places = places;
    this.#from = from;
    this.#to = to;
  }

  /** A list to {@link add} to. */
  static of(source: SourceText): StatementList {
    const numbers = new Int32Array(16 * width);
    return new StatementList({ source, numbers, count: 0, others: new Map() }, 0, undefined);
  }

  get length(): number {
    return (this.#to ?? this.#places.count) - this.#from;
  }

  add(statement: ScriptStatement): void {
    const places = this.#places;
    const at = places.count * width;
    if (at === places.numbers.length) {
      const numbers = new Int32Array(2 * at);
      numbers.set(places.numbers);
      places.numbers = numbers;
    }
    const { place } = statement;
    if (place === undefined) {
      places.others.set(places.count, statement);
    } else {
      const { offset, end, content, line, column } = place;
      places.numbers.set([offset, end, content, line, column], at);
    }
    places.count++;
  }

  /** Those from one to before another, by their numbers in this list. */
  part(from: number, to: number): StatementList {
    return new StatementList(this.#places, this.#from + from, this.#from + to);
  }

  /** The statement with this number, from 0; a negative one counts from the end. */
  at(number: number): ScriptStatement | undefined {
    const { length } = this;
    const index = number < 0 ? length + number : number;
    return index < 0 || index >= length ? undefined : this.#get(this.#from + index);
  }

  *[Symbol.iterator](): Generator<ScriptStatement> {
    for (let index = 0; index < this.length; index++) {
      yield this.#get(this.#from + index);
    }
  }

  map<T>(change: (statement: ScriptStatement) => T): T[] {
    return Array.from(this, change);
  }

  flatMap<T>(change: (statement: ScriptStatement) => T | readonly T[]): T[] {
    return [...this].flatMap(change);
  }

  some(isSo: (statement: ScriptStatement) => boolean): boolean {
    return this.find(isSo) !== undefined;
  }

  every(isSo: (statement: ScriptStatement) => boolean): boolean {
    return !this.some((statement) => !isSo(statement));
  }

  find(isSo: (statement: ScriptStatement) => boolean): ScriptStatement | undefined {
    for (const statement of this) {
      if (isSo(statement)) {
        return statement;
      }
    }
    return undefined;
  }

  #get(index: number): ScriptStatement {
    const { others, source, numbers } = this.#places;
    const number = (which: number) => numbers[index * width + which] ?? 0;
    const place: StatementPlace = {
      offset: number(0),
      end: number(1),
      content: number(2),
      line: number(3),
      column: number(4),
    };
    return others.get(index) ?? ScriptStatement.at(source, place);
  }
}
