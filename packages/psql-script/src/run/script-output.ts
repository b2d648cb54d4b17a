export type OutputStream = "stdout" | "stderr";

/** Cuts what a script prints into lines. */
export class ScriptOutput {
  /** What queries and `\qecho` print is dropped, as after `\o /dev/null`. */
  muted = false;
  readonly #onLine: (line: string, stream: OutputStream) => void;
  readonly #partial = { stdout: "", stderr: "" };

  constructor(onLine: ((line: string, stream: OutputStream) => void) | undefined) {
    this.#onLine = onLine ?? (() => {});
  }

  write(text: string, stream: OutputStream): void {
    const lines = (this.#partial[stream] + text).split("\n");
    this.#partial[stream] = lines.pop() ?? "";
    for (const line of lines) {
      this.#onLine(line, stream);
    }
  }

  /** Writes what a query prints. */
  writeResult(text: string): void {
    if (!this.muted) {
      this.write(text, "stdout");
    }
  }

  /** Writes what a COPY TO STDOUT gives. */
  writeCopy(chunk: Buffer): undefined {
    this.writeResult(chunk.toString("utf8"));
  }

  /** Gives out lines that were begun and never ended. */
  end(): void {
    for (const stream of ["stdout", "stderr"] as const) {
      if (this.#partial[stream] !== "") {
        this.write("\n", stream);
      }
    }
  }
}
