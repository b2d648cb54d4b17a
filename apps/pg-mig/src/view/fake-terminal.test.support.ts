import { displayWidth } from "./display-width.js";
import type { Clock, OnExit } from "./run-view.js";
import type { Terminal } from "./terminal.js";

/** Up, erase to the right, erase below, cursor on or off, colour. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the codes begin with one
const code = /^\u001B\[(?:(\d+)A|(K)|(J)|\?25([lh])|\d+m)/;

/** A sign and what belongs to it, such as U+FE0F, which makes it two columns wide, take one place. */
const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

interface Row {
  /** A character of two columns is followed by an empty cell. */
  readonly cells: string[];
  /** Whether the next row is the rest of this line; a terminal joins them when it gets wider. */
  goesOn: boolean;
}

/** A terminal that keeps what its user would see, scrolled away lines included. */
export class FakeTerminal implements Terminal {
  readonly isTty = true;
  readonly colors = false;
  cursor: "shown" | "hidden" = "shown";
  /** How often something was written. */
  writes = 0;
  /** How often a line was too wide and went on in the next row. */
  wraps = 0;
  #size: { readonly columns: number; readonly rows: number };
  #rows: Row[] = [{ cells: [], goesOn: false }];
  #row = 0;
  #column = 0;

  constructor(columns = 80, rows = 24) {
    this.#size = { columns, rows };
  }

  columns(): number {
    return this.#size.columns;
  }

  rows(): number {
    return this.#size.rows;
  }

  /** All lines, without empty ones at the end. */
  get lines(): string[] {
    const text = this.#rows.map(({ cells }) => cells.join("").trimEnd()).join("\n");
    return text.trimEnd().split("\n");
  }

  /** Changes the size as most terminals do: lines are wrapped or joined anew. The cursor is in the last row. */
  resize(columns: number, rows: number): void {
    const lines: string[][] = [[]];
    for (const { cells, goesOn } of this.#rows) {
      lines.at(-1)?.push(...cells);
      if (!goesOn) {
        lines.push([]);
      }
    }
    this.#size = { columns, rows };
    this.#rows = lines.slice(0, -1).flatMap((cells) => {
      const parts: Row[] = [];
      do {
        parts.push({ cells: cells.splice(0, columns), goesOn: cells.length > 0 });
      } while (cells.length > 0);
      return parts;
    });
    this.#row = this.#rows.length - 1;
  }

  write(text: string): void {
    this.writes += 1;
    for (let rest = text; rest !== ""; ) {
      const match = code.exec(rest);
      const { segment: character = "" } = segmenter.segment(rest).containing(0) ?? {};
      if (match !== null) {
        this.#obey(match);
      } else if (character === "\n") {
        this.#moveTo(this.#row + 1);
      } else if (character === "\r") {
        this.#column = 0;
      } else if (character < " ") {
        throw new Error(`Unknown control code: ${JSON.stringify(rest.slice(0, 10))}`);
      } else {
        this.#show(character);
      }
      rest = rest.slice(match?.[0].length ?? character.length);
    }
  }

  #show(character: string): void {
    const width = displayWidth(character);
    if (this.#column + width > this.#size.columns) {
      this.wraps += 1;
      this.#here.goesOn = true;
      this.#moveTo(this.#row + 1);
    }
    const { cells } = this.#here;
    while (cells.length < this.#column) {
      cells.push(" ");
    }
    cells.splice(this.#column, width, character, ...Array.from({ length: width - 1 }, () => ""));
    this.#column += width;
  }

  #obey([, up, right, below, cursor]: RegExpExecArray): void {
    if (up !== undefined) {
      const top = Math.max(0, this.#rows.length - this.#size.rows);
      this.#row = Math.max(top, this.#row - Number(up));
    } else if (right !== undefined) {
      this.#here.cells.splice(this.#column);
    } else if (below !== undefined) {
      const top = Math.max(0, this.#rows.length - this.#size.rows);
      if (this.#row === top && this.#column === 0 && this.#rows.length > top + 1) {
        // As tmux does: what is cleared from the first row on stays in the scrollback.
        this.#rows.push({ cells: [], goesOn: false });
        this.#row = this.#rows.length - 1;
        return;
      }
      this.#here.cells.splice(this.#column);
      this.#here.goesOn = false;
      this.#rows.length = this.#row + 1;
    } else if (cursor !== undefined) {
      this.cursor = cursor === "h" ? "shown" : "hidden";
    }
  }

  get #here(): Row {
    const row = this.#rows[this.#row] ?? { cells: [], goesOn: false };
    this.#rows[this.#row] = row;
    return row;
  }

  #moveTo(row: number): void {
    this.#row = row;
    this.#column = 0;
    this.#rows[row] ??= { cells: [], goesOn: false };
  }
}

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<{
    readonly periodMs: number;
    readonly tick: () => void;
    dueMs: number;
  }>();

  /** How many timers are running. */
  get timers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#nowMs;
  }

  every(periodMs: number, tick: () => void): () => void {
    const timer = { periodMs, tick, dueMs: this.#nowMs + periodMs };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets time pass; timers tick at their moments. */
  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs;
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined || next.dueMs > endMs) {
        break;
      }
      this.#nowMs = next.dueMs;
      next.dueMs += next.periodMs;
      next.tick();
    }
    this.#nowMs = endMs;
  }
}

/** The end of a process that tests bring about themselves. */
export function fakeExit(): {
  readonly onExit: OnExit;
  readonly leave: () => void;
  /** How many wait for the end. */
  readonly waiting: () => number;
} {
  const leaving = new Set<() => void>();
  return {
    onExit: (leave) => {
      leaving.add(leave);
      return () => leaving.delete(leave);
    },
    waiting: () => leaving.size,
    leave: () => {
      for (const leave of leaving) {
        leave();
      }
    },
  };
}
