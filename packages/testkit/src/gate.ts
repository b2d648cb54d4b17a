/** Something that passes while it is open and waits while it is closed. It begins open. */
export class Gate {
  #opened: Promise<void> = Promise.resolve();
  #open: () => void = () => {};
  #closed = false;

  close(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#closed = false;
    this.#open();
  }

  async passed(): Promise<void> {
    while (this.#closed) {
      await this.#opened;
    }
  }
}
