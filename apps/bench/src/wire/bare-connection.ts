import { connect, type Socket } from "node:net";
import { int32, message, queryMessage } from "./message.js";
import { Scram } from "./scram.js";

/** Where to connect, and as whom. */
export interface BareAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** What the server answered to one message. */
export interface BareAnswer {
  /** The tag of the last statement, such as `COMMIT`. */
  tag: string;
  /** The first error: its SQLSTATE and its text. */
  error: string | undefined;
  /** The rows of all statements, as text. */
  readonly rows: (readonly (string | null)[])[];
}

/** The messages that are sent together, and what has been answered so far. */
interface Exchange {
  readonly answers: BareAnswer[];
  left: number;
  readonly resolve: (answers: readonly BareAnswer[]) => void;
  readonly reject: (error: Error) => void;
}

const letters = { error: 0x45, ready: 0x5a, complete: 0x43, row: 0x44, login: 0x52 } as const;

/**
 * A connection with as little as can be between the caller and the socket: simple queries, several of
 * which may go in one write. One exchange at a time.
 */
export class BareConnection {
  readonly #socket: Socket;
  readonly #password: string;
  #scram: Scram | undefined;
  #rest: Buffer | undefined;
  #exchange: Exchange | undefined;

  private constructor(socket: Socket, password: string) {
    this.#socket = socket;
    this.#password = password;
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", (error) => this.#exchange?.reject(error));
    socket.on("close", () => this.#exchange?.reject(new Error("The connection was lost.")));
  }

  /** Connects and logs in, without TLS; rejects if the server says no. */
  static async open(address: BareAddress): Promise<BareConnection> {
    const { host, port, user, password, database } = address;
    const socket = connect({ host, port, noDelay: true });
    const connection = new BareConnection(socket, password);
    const parameters = ["user", user, "database", database, "client_encoding", "UTF8"];
    const startup = message("", int32(196608), `${parameters.join("\0")}\0\0`);
    const [answer] = await connection.#send(startup, 1);
    failOnError(answer);
    return connection;
  }

  /** Sends texts, each a message of its own, in one write; resolves when all are answered. */
  exchange(...texts: readonly string[]): Promise<readonly BareAnswer[]> {
    const [first = "", ...others] = texts;
    const bytes = queryMessage(first);
    return this.#send(
      others.length === 0 ? bytes : Buffer.concat([bytes, ...others.map(queryMessage)]),
      texts.length,
    );
  }

  /** Sends one text; rejects if the server answers with an error. */
  async query(text: string): Promise<BareAnswer> {
    const [answer] = await this.exchange(text);
    return failOnError(answer);
  }

  /** Takes leave; resolves when the connection is closed. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#socket.once("close", () => resolve());
      this.#socket.end(message("X"));
    });
  }

  #send(bytes: Buffer, messages: number): Promise<readonly BareAnswer[]> {
    return new Promise((resolve, reject) => {
      const answers = [newAnswer()];
      this.#exchange = { answers, left: messages, resolve, reject };
      this.#socket.write(bytes);
    });
  }

  #read(chunk: Buffer): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (at + 5 <= bytes.length) {
      const end = at + 1 + bytes.readInt32BE(at + 1);
      if (end > bytes.length) {
        break;
      }
      this.#take(bytes[at] ?? 0, bytes, at + 5, end);
      at = end;
    }
    this.#rest = at === bytes.length ? undefined : bytes.subarray(at);
  }

  #take(letter: number, bytes: Buffer, at: number, end: number): void {
    const exchange = this.#exchange;
    const answer = exchange?.answers.at(-1);
    if (exchange === undefined || answer === undefined) {
      return;
    }
    if (letter === letters.ready) {
      exchange.left -= 1;
      if (exchange.left === 0) {
        this.#exchange = undefined;
        exchange.resolve(exchange.answers);
      } else {
        exchange.answers.push(newAnswer());
      }
    } else if (letter === letters.complete) {
      answer.tag = bytes.toString("latin1", at, end - 1);
    } else if (letter === letters.row) {
      answer.rows.push(readRow(bytes, at));
    } else if (letter === letters.error) {
      answer.error ??= readError(bytes.toString("utf8", at, end));
      if (answer.error.startsWith("28")) {
        exchange.reject(new Error(answer.error));
      }
    } else if (letter === letters.login) {
      this.#logIn(bytes.readInt32BE(at), bytes.toString("utf8", at + 4, end));
    }
  }

  #logIn(step: number, data: string): void {
    if (step === 0) {
      return;
    }
    if (step === 10) {
      this.#scram = new Scram(this.#password);
      const first = Buffer.from(this.#scram.first());
      this.#socket.write(message("p", "SCRAM-SHA-256\0", int32(first.length), first));
    } else if (step === 11 && this.#scram !== undefined) {
      this.#socket.write(message("p", this.#scram.final(data)));
    } else if (step !== 12 || this.#scram?.isProven(data) !== true) {
      this.#socket.destroy(
        new Error(`The server asks for a login (${step}) that is not known here.`),
      );
    }
  }
}

function newAnswer(): BareAnswer {
  return { tag: "", error: undefined, rows: [] };
}

function failOnError(answer: BareAnswer | undefined): BareAnswer {
  if (answer === undefined || answer.error !== undefined) {
    throw new Error(answer?.error ?? "The server did not answer.");
  }
  return answer;
}

function readRow(bytes: Buffer, from: number): (string | null)[] {
  const row: (string | null)[] = [];
  let at = from + 2;
  for (let left = bytes.readInt16BE(from); left > 0; left--) {
    const size = bytes.readInt32BE(at);
    at += 4;
    row.push(size < 0 ? null : bytes.toString("utf8", at, at + size));
    at += Math.max(size, 0);
  }
  return row;
}

/** `SQLSTATE message`. */
function readError(fields: string): string {
  const values = new Map(fields.split("\0").map((field) => [field[0], field.slice(1)]));
  return `${values.get("C")} ${values.get("M")}`;
}
