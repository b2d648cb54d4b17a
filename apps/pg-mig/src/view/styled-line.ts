import { cutToWidth, displayWidth, printable } from "./display-width.js";

/** What a part of a line means; the colour follows from it. */
export type Tone = "bad" | "good" | "caution" | "quiet" | "strong";

/** A part of a line. `text` may hold anything; what is not printable is escaped when it is drawn. */
export interface Span {
  readonly text: string;
  readonly tone?: Tone | undefined;
  /** `never`: not broken into lines, such as a line of a source file. @default at blanks */
  readonly wrap?: "never";
}

/** One line of output, before it is known how wide it may be and whether colours are wanted. */
export type Line = readonly Span[];

/** Options of {@link renderLine}. */
export interface RenderLineOptions {
  readonly colors: boolean;
  /** The line is cut to so many columns. @default no limit */
  readonly columns?: number;
}

// node:util's styleText decides by itself, and differently from one Node to the next, whether the
// process's stdout wants colours. Here the caller has decided already, and per stream.
const codes: Readonly<Record<Tone, readonly [on: number, off: number]>> = {
  bad: [31, 39],
  good: [32, 39],
  caution: [33, 39],
  quiet: [2, 22],
  strong: [1, 22],
};

/** A line of one span. */
export function line(text: string, tone?: Tone): Line {
  return [{ text, tone }];
}

/**
 * Draws a line, without a line feed. Whatever the texts hold, it is one line and no wider than
 * `columns`; "…" ends a line that was cut.
 */
export function renderLine(spans: Line, options: RenderLineOptions): string {
  const { columns = Number.POSITIVE_INFINITY, colors } = options;
  const safe = spans.map((span) => ({ ...span, text: printable(span.text) }));
  const draw = ({ text, tone }: Span) => (tone === undefined || !colors ? text : paint(text, tone));
  if (columns === Number.POSITIVE_INFINITY) {
    return safe.map(draw).join("");
  }
  const width = safe.reduce((sum, { text }) => sum + displayWidth(text), 0);
  const cut = width > columns;
  let left = cut ? columns - 1 : width;
  let drawn = "";
  for (const { text, tone } of safe) {
    const kept = cutToWidth(text, left);
    left -= displayWidth(kept);
    drawn += draw({ text: kept, tone });
    if (kept !== text) {
      break;
    }
  }
  return cut && columns > 0 ? `${drawn}…` : drawn;
}

function paint(text: string, tone: Tone): string {
  const [on, off] = codes[tone];
  return text === "" ? "" : `\u001B[${on}m${text}\u001B[${off}m`;
}
