import { offsetOfCharacter, type SourcePosition, type SourceText } from "./source-text.js";

/** What a part of a message is: the script itself, or what its caller glued before or after it. */
export type ScriptPart = "prologue" | "script" | "epilogue";

/** A stretch of a message. */
export interface MessagePart {
  readonly part: ScriptPart;
  readonly text: string;
  /** The text ends with a semicolon (and perhaps comments). */
  readonly terminated: boolean;
  /** The file that the text comes from; undefined for a prologue, an epilogue and generated text. */
  readonly source: SourceText | undefined;
  /** Where the files that lead to the source were included, innermost first. */
  readonly includedFrom: readonly SourcePosition[];
  /** Where the statements that the server counts begin, as offsets in the source. */
  readonly statements: readonly number[];
  /** The offset in the source that an index of `text` comes from. */
  locate(index: number): number;
}

/** A place in a message, led back to where its text came from. */
export interface MessagePlace {
  readonly part: ScriptPart;
  readonly source: SourceText | undefined;
  readonly offset: number | undefined;
  readonly includedFrom: readonly SourcePosition[];
}

/** Stands between statements of which the first has no semicolon, and perhaps a comment at its end. */
export const statementSeparator = "\n;\n";

/** Parts, glued to the text of one simple query. */
export class Message {
  readonly parts: readonly MessagePart[];
  readonly text: string;
  readonly #starts: readonly number[];

  constructor(parts: readonly MessagePart[]) {
    this.parts = parts;
    const starts: number[] = [];
    let text = "";
    for (const [i, part] of parts.entries()) {
      starts.push(text.length);
      text += part.text;
      if (i === parts.length - 1) {
        break;
      }
      if (!part.terminated) {
        text += statementSeparator;
      } else if (!part.text.endsWith("\n")) {
        text += "\n";
      }
    }
    this.#starts = starts;
    this.text = text;
  }

  /** The place of a character as the server counts them, from 1. */
  placeOfCharacter(position: number): MessagePlace | undefined {
    const found = this.#find(position);
    return found && placeIn(found.part, found.offset);
  }

  /** The place where the statement begins that holds a character as the server counts them. */
  placeOfStatementAt(position: number): MessagePlace | undefined {
    const found = this.#find(position);
    return (
      found &&
      placeIn(
        found.part,
        found.part.statements.findLast((start) => start <= (found.offset ?? 0)),
      )
    );
  }

  #find(position: number): { part: MessagePart; offset: number | undefined } | undefined {
    const index = offsetOfCharacter(this.text, position - 1);
    const found = this.parts.findLastIndex((_, i) => (this.#starts[i] ?? 0) <= index);
    const part = this.parts[found];
    if (part === undefined) {
      return undefined;
    }
    const inPart = Math.min(index - (this.#starts[found] ?? 0), part.text.length);
    return { part, offset: part.locate(inPart) };
  }

  /** The place of the statement that the server counts as the `nth`, from 0. */
  placeOfStatement(nth: number): MessagePlace | undefined {
    let rest = nth;
    for (const part of this.parts) {
      const offset = part.statements[rest];
      if (offset !== undefined) {
        return placeIn(part, offset);
      }
      rest -= part.statements.length;
    }
    const last = this.parts.at(-1);
    return last && placeIn(last, last.statements.at(-1));
  }
}

function placeIn(
  { part, source, includedFrom }: MessagePart,
  offset: number | undefined,
): MessagePlace {
  return { part, source, includedFrom, offset };
}
