import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Gate } from "./gate.js";
import { type NetworkFault, PlannedFault } from "./network-fault.js";
import { ProxiedConnection } from "./proxied-connection.js";
import { type DatabaseAddress, databaseUrl } from "./test-database.js";

/** How good a network is. */
export interface NetworkQuality {
  /** Every piece of data arrives that much later. @default 0 */
  readonly latencyMs?: number;
  /** No more than this a second, on each connection and in each direction. @default no limit */
  readonly bytesPerSecond?: number;
  /** Data arrives in pieces of at most this size. @default as it is sent */
  readonly sliceBytes?: number;
}

/**
 * A TCP proxy on 127.0.0.1 before a server, which does to connections what networks do. It reads
 * the protocol, so that it can break a connection exactly around a COMMIT. It refuses TLS.
 */
export class TestProxy {
  readonly host = "127.0.0.1";
  readonly #listener: Server;
  readonly #network = new Gate();
  readonly #connections = new Set<ProxiedConnection>();
  readonly #faults: PlannedFault[] = [];
  readonly #seen: string[] = [];
  #quality: NetworkQuality = {};
  #reachable = true;
  #accepted = 0;
  #roundTrips = 0;
  #target: DatabaseAddress;

  constructor(target: DatabaseAddress, listener: Server) {
    this.#target = target;
    this.#listener = listener;
    listener.on("connection", (client) => this.#accept(client));
  }

  get port(): number {
    const address = this.#listener.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Of the target's database, by way of the proxy. */
  get url(): string {
    const { user, password, database } = this.#target;
    return databaseUrl({ host: this.host, port: this.port, user, password, database });
  }

  /** How many connections go through the proxy at the moment. */
  get connections(): number {
    return this.#connections.size;
  }

  /** How many connections there were so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /**
   * How often clients sent something after they had heard something, on all connections so far. What
   * TCP does to connect does not count.
   */
  get roundTrips(): number {
    return this.#roundTrips;
  }

  /** The SQL of all messages that clients have sent so far, on whatever connection. */
  get seen(): readonly string[] {
    return [...this.#seen];
  }

  /** Plans a fault for the next message that it is about. Earlier plans come first. */
  inject(fault: NetworkFault): PlannedFault {
    const planned = new PlannedFault(fault);
    this.#faults.push(planned);
    return planned;
  }

  /**
   * From now on nothing comes through, on any connection, and nobody is told. New connections are
   * taken, and hear nothing either.
   */
  freeze(): void {
    this.#network.close();
  }

  /** Ends every freeze: what was held back arrives. */
  thaw(): void {
    this.#network.open();
    for (const connection of this.#connections) {
      connection.thaw();
    }
  }

  /** Breaks all connections, on both sides. New ones are taken. */
  cut(): void {
    for (const connection of this.#connections) {
      connection.cut();
    }
  }

  /** Breaks all connections, and every new one at once, until `restore`. */
  isolate(): void {
    this.#reachable = false;
    this.cut();
  }

  /** Takes new connections again, after `isolate`. */
  restore(): void {
    this.#reachable = true;
  }

  /** Makes the network good or bad, in both directions, also for what is connected already. */
  shape(quality: NetworkQuality): void {
    this.#quality = quality;
  }

  /** Sends new connections somewhere else, as an address does that moves in a failover. */
  redirect(target: DatabaseAddress): void {
    this.#target = target;
  }

  /** Breaks all connections and closes the port. */
  async stop(): Promise<void> {
    this.#network.open();
    this.cut();
    if (!this.#listener.listening) {
      return;
    }
    const closed = once(this.#listener, "close");
    this.#listener.close();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #accept(client: Socket): void {
    client.on("error", () => {});
    this.#accepted += 1;
    if (!this.#reachable) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ host: this.#target.host, port: this.#target.port, noDelay: true });
    server.on("error", () => {});
    const connection = new ProxiedConnection({
      client,
      server,
      network: this.#network,
      send: (to, bytes) => this.#send(to, bytes),
      onSql: (sql) => this.#onSql(sql),
      onRoundTrip: () => {
        this.#roundTrips += 1;
      },
    });
    this.#connections.add(connection);
    void connection.run().finally(() => this.#connections.delete(connection));
  }

  #onSql(sql: string): PlannedFault | undefined {
    this.#seen.push(sql);
    return this.#faults.find((planned) => planned.claim(sql));
  }

  async #send(to: Socket, bytes: Buffer): Promise<void> {
    const { latencyMs = 0, bytesPerSecond, sliceBytes = bytes.length } = this.#quality;
    if (latencyMs > 0) {
      await sleep(latencyMs);
    }
    for (let at = 0; at < bytes.length; at += sliceBytes) {
      const slice = bytes.subarray(at, at + sliceBytes);
      if (bytesPerSecond !== undefined) {
        await sleep((slice.length / bytesPerSecond) * 1000);
      }
      await new Promise<void>((resolve) => to.write(slice, () => resolve()));
    }
  }
}

/** Starts a proxy before a node (or another database server). It ends with this process. */
export async function startProxy(target: DatabaseAddress): Promise<TestProxy> {
  const listener = createServer({ noDelay: true });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return new TestProxy(target, listener);
}
