import { once } from "node:events";
import type { Writable } from "node:stream";

/** Takes the data of a COPY TO, and tells when it is too fast. */
export class CopySink {
  readonly #stream: Writable;
  #full: Promise<void> | undefined;
  #release: () => void = () => {};

  constructor(stream: Writable) {
    this.#stream = stream;
    // A failure is found at the end; until then the data has to go somewhere.
    stream.on("error", () => {});
    stream.on("drain", () => this.#drain());
    stream.on("close", () => this.#drain());
  }

  /** Writes; where the stream is full, returns a promise for when it can take more. */
  readonly write = (chunk: Buffer): Promise<void> | undefined => {
    if (this.#stream.destroyed) {
      return undefined;
    }
    // The driver reuses the memory of a chunk for the next one.
    if (this.#stream.write(Buffer.from(chunk))) {
      return undefined;
    }
    this.#full ??= new Promise((resolve) => {
      this.#release = resolve;
    });
    return this.#full;
  };

  /** Writes the rest, and closes. Rejects with whatever went wrong. */
  async end(): Promise<void> {
    const { errored } = this.#stream;
    if (errored) {
      throw errored;
    }
    this.#stream.end();
    if (!this.#stream.closed) {
      await once(this.#stream, "close");
    }
    if (this.#stream.errored) {
      throw this.#stream.errored;
    }
  }

  #drain(): void {
    this.#full = undefined;
    this.#release();
  }
}
