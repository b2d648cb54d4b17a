/** What a command under way has printed so far. */
export class CommandOutput {
  stdout = "";
  stderr = "";
  readonly #waiting = new Set<() => void>();

  add(stream: "stdout" | "stderr", text: string): void {
    this[stream] += text;
    for (const check of this.#waiting) {
      check();
    }
  }

  /** Resolves when the text was printed, to stdout or stderr; rejects if the command has ended without that. */
  printed(text: string, end: Promise<unknown>): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (!`${this.stdout}\n${this.stderr}`.includes(text)) {
          return;
        }
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
      end.then(
        () => reject(new Error(`"${text}" was never printed: ${this.stderr}`)),
        (reason: unknown) => reject(reason),
      );
    });
  }
}
