/** One message of PostgreSQL's wire protocol, as it came. */
export interface WireMessage {
  /**
   * The message's letter, or what the letterless messages that begin a connection are for:
   * `encryption` is a request for TLS or GSS.
   */
  readonly type: string;
  /** All of it, letter and length included. */
  readonly bytes: Buffer;
}

/** https://www.postgresql.org/docs/current/protocol-message-formats.html: the codes in the place
 * of the version in a message without a letter. */
const openings: ReadonlyMap<number, string> = new Map([
  [80877102, "cancel"],
  [80877103, "encryption"],
  [80877104, "encryption"],
]);

/** Cuts the bytes of one direction of a connection into messages. */
export class WireMessages {
  #rest: Buffer = Buffer.alloc(0);
  #started: boolean;

  /** @param side The client's messages begin with letterless ones, the server's do not. */
  constructor(side: "client" | "server") {
    this.#started = side === "server";
  }

  /** Takes the next bytes, and gives the messages that are complete with them. */
  push(chunk: Buffer): WireMessage[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const messages: WireMessage[] = [];
    for (let next = this.#take(); next !== undefined; next = this.#take()) {
      messages.push(next);
    }
    return messages;
  }

  #take(): WireMessage | undefined {
    const letterSize = this.#started ? 1 : 0;
    if (this.#rest.length < letterSize + 4) {
      return undefined;
    }
    const size = letterSize + this.#rest.readInt32BE(letterSize);
    if (this.#rest.length < size) {
      return undefined;
    }
    const bytes = this.#rest.subarray(0, size);
    this.#rest = this.#rest.subarray(size);
    if (this.#started) {
      return { type: String.fromCharCode(bytes[0] ?? 0), bytes };
    }
    const type = openings.get(bytes.readInt32BE(4)) ?? "startup";
    this.#started = type === "startup";
    return { type, bytes };
  }
}

/** The SQL that a client's message carries: a simple query, or the text of a prepared one. */
export function sqlOf({ type, bytes }: WireMessage): string | undefined {
  if (type === "Q") {
    return bytes.toString("utf8", 5, bytes.length - 1);
  }
  if (type !== "P") {
    return undefined;
  }
  const start = bytes.indexOf(0, 5) + 1;
  return bytes.toString("utf8", start, bytes.indexOf(0, start));
}
