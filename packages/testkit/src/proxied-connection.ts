import type { Socket } from "node:net";
import { Gate } from "./gate.js";
import type { PlannedFault } from "./network-fault.js";
import { sqlOf, type WireMessage, WireMessages } from "./wire-message.js";

export interface ProxiedConnectionOptions {
  readonly client: Socket;
  readonly server: Socket;
  /** Closed while the whole network is frozen. */
  readonly network: Gate;
  /** Sends bytes on, as slowly as the network is. */
  readonly send: (to: Socket, bytes: Buffer) => Promise<void>;
  /** Told each SQL text that the client sends; gives the fault that it shall meet. */
  readonly onSql: (sql: string) => PlannedFault | undefined;
  /** Told if the client sends something after it has heard something. */
  readonly onRoundTrip: () => void;
}

/** A reply that a fault waits for. */
interface AwaitedReply {
  readonly planned: PlannedFault;
  /** How many ReadyForQuery come before it. */
  behind: number;
  /** What of it has come. */
  readonly messages: WireMessage[];
}

/** One client's connection through the proxy. */
export class ProxiedConnection {
  readonly #options: ProxiedConnectionOptions;
  readonly #gate = new Gate();
  /** How many ReadyForQuery the server still owes. */
  #owed = 0;
  #awaited: AwaitedReply | undefined;
  #clientLost = false;
  #clientHasHeard = true;
  readonly #clientMessages = new WireMessages("client");
  readonly #serverMessages = new WireMessages("server");

  constructor(options: ProxiedConnectionOptions) {
    this.#options = options;
  }

  /** Carries bytes both ways until either side is gone. Never rejects. */
  async run(): Promise<void> {
    const { client, server } = this.#options;
    await Promise.all([
      this.#pump(client, server, (chunk) => this.#fromClient(chunk)),
      this.#pump(server, client, (chunk) => this.#fromServer(chunk)),
    ]);
  }

  /** Ends both sides at once; the peers see a reset. */
  cut(): void {
    this.#gate.open();
    this.#options.client.resetAndDestroy();
    this.#options.server.resetAndDestroy();
  }

  /** Lets a frozen connection go on; ends the server's side where the client has lost its own. */
  thaw(): void {
    this.#gate.open();
    if (this.#clientLost) {
      this.#options.server.resetAndDestroy();
    }
  }

  async #pump(from: Socket, to: Socket, take: (chunk: Buffer) => Promise<void>): Promise<void> {
    try {
      for await (const chunk of from) {
        await take(chunk);
      }
      await this.#passed();
      to.end();
    } catch {
      // One side is gone. The other one hears of it when the network lets it.
      await this.#passed();
      to.resetAndDestroy();
    }
  }

  async #fromClient(chunk: Buffer): Promise<void> {
    const { client, server, send, onSql, onRoundTrip } = this.#options;
    for (const message of this.#clientMessages.push(chunk)) {
      // A farewell waits for nothing.
      if (this.#clientHasHeard && message.type !== "X") {
        this.#clientHasHeard = false;
        onRoundTrip();
      }
      if (message.type === "encryption") {
        this.#clientHasHeard = true;
        // "No": what is encrypted cannot be watched.
        await send(client, Buffer.from("N"));
        continue;
      }
      const sql = sqlOf(message);
      const planned = sql === undefined ? undefined : onSql(sql);
      let { bytes } = message;
      if (planned?.fault.at === "reply") {
        this.#awaited = { planned, behind: this.#owed, messages: [] };
      } else if (planned !== undefined) {
        if (planned.fault.at === "midway") {
          const half = Math.ceil(bytes.length / 2);
          await this.#forward(server, bytes.subarray(0, half));
          bytes = bytes.subarray(half);
        }
        this.#strike(planned);
      }
      if (["startup", "Q", "S", "F"].includes(message.type)) {
        this.#owed += 1;
      }
      await this.#forward(server, bytes);
    }
  }

  async #fromServer(chunk: Buffer): Promise<void> {
    const { client } = this.#options;
    for (const message of this.#serverMessages.push(chunk)) {
      this.#clientHasHeard = true;
      const ready = message.type === "Z";
      if (ready) {
        this.#owed -= 1;
      }
      const awaited = this.#awaited;
      if (awaited === undefined || awaited.behind > 0) {
        if (awaited !== undefined && ready) {
          awaited.behind -= 1;
        }
        await this.#forward(client, message.bytes);
        continue;
      }
      awaited.messages.push(message);
      if (!ready) {
        continue;
      }
      this.#awaited = undefined;
      this.#strike(awaited.planned);
      await this.#forward(client, Buffer.concat(awaited.messages.map(({ bytes }) => bytes)));
    }
  }

  async #forward(to: Socket, bytes: Buffer): Promise<void> {
    await this.#passed();
    if (!to.destroyed) {
      await this.#options.send(to, bytes);
    }
  }

  async #passed(): Promise<void> {
    await this.#gate.passed();
    await this.#options.network.passed();
  }

  #strike(planned: PlannedFault): void {
    const { action } = planned.fault;
    if (action === "cut") {
      this.cut();
    } else {
      this.#gate.close();
    }
    if (action === "cut-client") {
      this.#clientLost = true;
      this.#options.client.resetAndDestroy();
    }
    planned.happened();
  }
}
