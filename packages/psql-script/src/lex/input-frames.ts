import { variableEnd } from "./token-ends.js";

/** What is being read: a line of the file or, on top of it, the value of a variable. */
export interface InputFrame {
  readonly text: string;
  position: number;
  readonly end: number;
  /** The variable whose value it is. */
  readonly variable: string | undefined;
  /** Where in the file the reference to the variable stands. */
  readonly at: number;
}

/** A line that is being read, and the values of variables that are read in the midst of it. */
export class InputFrames {
  #frames: InputFrame[] = [];

  /** The place in the file that is being read; undefined at the end of the line. */
  get offset(): number | undefined {
    const frame = this.#frames.at(-1);
    return frame?.variable === undefined ? frame?.position : frame.at;
  }

  /** Begins a line. */
  start(text: string, position: number, end: number): void {
    this.#frames = [{ text, position, end, variable: undefined, at: position }];
  }

  /** Goes on reading in the value of a variable. False, and nothing done, if that is being read already. */
  enter(variable: string, value: string, at: number): boolean {
    if (this.#frames.some((outer) => outer.variable === variable)) {
      return false;
    }
    this.#frames.push({ text: value, position: 0, end: value.length, variable, at });
    return true;
  }

  clear(): void {
    this.#frames = [];
  }

  /** The frame to read from; those that are read to their end are left. */
  top(): InputFrame | undefined {
    let frame = this.#frames.at(-1);
    while (frame !== undefined && frame.position >= frame.end) {
      this.#frames.pop();
      frame = this.#frames.at(-1);
    }
    return frame;
  }

  /** The next character, or "" at the end of the line. */
  peek(): string {
    const frame = this.top();
    return frame === undefined ? "" : frame.text.charAt(frame.position);
  }

  /** Consumes the next character. */
  take(): string {
    const character = this.peek();
    const frame = this.#frames.at(-1);
    if (frame !== undefined && character !== "") {
      frame.position++;
    }
    return character;
  }

  /** Consumes the variable reference at the next character: `:name`, or in one of the given brackets. */
  takeVariable(brackets: string): string | undefined {
    const frame = this.top();
    if (frame === undefined) {
      return undefined;
    }
    const { text, position, end } = frame;
    const referenceEnd = variableEnd(text, position, end);
    if (referenceEnd < 0) {
      return undefined;
    }
    const bracket = text.charAt(position + 1);
    if ("'\"{".includes(bracket) && !brackets.includes(bracket)) {
      return undefined;
    }
    frame.position = referenceEnd;
    return text.slice(position, referenceEnd);
  }

  /** What is left of the text that is being read, up to its end: of the line, or of a value. */
  rest(): string {
    const frame = this.top();
    return frame === undefined ? "" : frame.text.slice(frame.position, frame.end);
  }
}
