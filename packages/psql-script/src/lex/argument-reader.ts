import type { Argument, ArgumentPiece } from "./command-arguments.js";

/** What an argument's pieces stand for. */
export interface ArgumentExpander {
  variable(reference: string): string;
  /** A variable inside of a shell command. */
  shellVariable(reference: string): string;
  /** The output of a shell command. */
  shell(command: string): Promise<string>;
  /** A quote is not closed: either an error, or the argument counts as missing. */
  unterminated(argument: Argument): void;
}

/** The arguments of a command that runs: expanded one by one, when they are asked for. */
export class ArgumentReader {
  readonly #arguments: readonly Argument[];
  readonly #dropsSemicolon: boolean;
  readonly #expander: ArgumentExpander;
  #next = 0;

  constructor(
    found: readonly Argument[],
    options: { readonly dropsSemicolon: boolean; readonly expander: ArgumentExpander },
  ) {
    this.#arguments = found;
    this.#dropsSemicolon = options.dropsSemicolon;
    this.#expander = options.expander;
  }

  /** The next argument was written without any quotes and variables. */
  get nextIsPlain(): boolean {
    const argument = this.#arguments[this.#next];
    return argument !== undefined && plainText(argument) !== undefined;
  }

  /** The next argument, or undefined where there is none. */
  async next(): Promise<string | undefined> {
    const argument = this.#arguments[this.#next];
    if (argument === undefined) {
      return undefined;
    }
    this.#next++;
    if (argument.unterminated) {
      this.#next = this.#arguments.length;
      this.#expander.unterminated(argument);
      return undefined;
    }
    let text = "";
    for (const piece of argument.pieces) {
      text += await this.#expand(piece);
    }
    if (!this.#dropsSemicolon) {
      return text;
    }
    const kept = dropSemicolons(text, argument.plainTail);
    return kept === "" && plainText(argument) !== undefined ? undefined : kept;
  }

  /** All arguments that are left. */
  async rest(): Promise<string[]> {
    const values: string[] = [];
    for (let value = await this.next(); value !== undefined; value = await this.next()) {
      values.push(value);
    }
    return values;
  }

  /** Drops the arguments that nobody asked for, and returns them as they stand in the file. */
  leftover(): string[] {
    const left = this.#arguments.slice(this.#next);
    this.#next = this.#arguments.length;
    return left.map((argument) => argument.pieces.map(sourceOf).join(""));
  }

  async #expand(piece: ArgumentPiece): Promise<string> {
    if (piece.kind === "text") {
      return piece.text;
    }
    if (piece.kind === "variable") {
      return this.#expander.variable(piece.reference);
    }
    const command = piece.pieces
      .map((inner) =>
        inner.kind === "variable" ? this.#expander.shellVariable(inner.reference) : sourceOf(inner),
      )
      .join("");
    return this.#expander.shell(command);
  }
}

/** The value of an argument that is the same in every run, or undefined. */
export function staticArgument(
  argument: Argument | undefined,
  dropsSemicolon: boolean,
): string | undefined {
  if (argument === undefined || argument.unterminated) {
    return undefined;
  }
  let text = "";
  for (const piece of argument.pieces) {
    if (piece.kind !== "text") {
      return undefined;
    }
    text += piece.text;
  }
  return dropsSemicolon ? dropSemicolons(text, argument.plainTail) : text;
}

function dropSemicolons(text: string, plainTail: number): string {
  let end = text.length;
  while (end > text.length - plainTail && text.charAt(end - 1) === ";") {
    end--;
  }
  return text.slice(0, end);
}

/** The text of an argument that has neither quotes nor anything to expand. */
function plainText({ pieces, plainTail }: Argument): string | undefined {
  const [piece] = pieces;
  if (pieces.length !== 1 || piece?.kind !== "text") {
    return undefined;
  }
  return piece.text.length === plainTail ? piece.text : undefined;
}

function sourceOf(piece: ArgumentPiece): string {
  if (piece.kind === "text") {
    return piece.text;
  }
  return piece.kind === "variable" ? piece.reference : `\`${piece.pieces.map(sourceOf).join("")}\``;
}
