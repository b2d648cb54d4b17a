/** What the demo writes to: structurally, `process.stdout`. */
export interface StageOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Prints what the demo itself has to say, apart from what the command prints. */
export class Stage {
  readonly #output: StageOutput;
  readonly #bold: (text: string) => string;
  #acts = 0;

  constructor(output: StageOutput, env: Readonly<Record<string, string | undefined>>) {
    const plain = output.isTTY !== true || Boolean(env.NO_COLOR) || env.TERM === "dumb";
    this.#output = output;
    this.#bold = plain ? (text) => text : (text) => `\u001b[1m${text}\u001b[22m`;
  }

  /** Begins an act. */
  heading(text: string): void {
    this.#acts += 1;
    const line = `== ${this.#acts}. ${text} `;
    this.#output.write(`\n${this.#bold(line.padEnd(78, "="))}\n`);
  }

  /** Says something in plain words, a line for each argument. */
  say(...lines: readonly string[]): void {
    this.#output.write(`${lines.join("\n")}\n`);
  }

  /** Shows a command as one would type it, before it runs. */
  command(text: string): void {
    this.#output.write(`\n${this.#bold(`$ ${text}`)}\n`);
  }
}
