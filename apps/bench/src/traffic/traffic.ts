/** What went over one connection. */
export interface ConnectionTraffic {
  /** All round trips, that of TCP too; the farewell does not count. */
  roundTrips: number;
  /** Those from the first BEGIN on: what is before is opening and looking. */
  workingRoundTrips: number;
  /** How often the client began a transaction. */
  transactions: number;
}

/** Counts one connection. A round trip is data from the client that follow data which it got. */
export class ConnectionCounter {
  readonly traffic: ConnectionTraffic = { roundTrips: 1, workingRoundTrips: 0, transactions: 0 };
  #answered = true;

  fromClient(bytes: Buffer): void {
    const isFarewell = bytes.length === 5 && bytes[0] === 0x58;
    this.traffic.transactions += bytes.includes("BEGIN") ? 1 : 0;
    if (this.#answered && !isFarewell) {
      this.traffic.roundTrips += 1;
      this.traffic.workingRoundTrips += this.traffic.transactions > 0 ? 1 : 0;
    }
    this.#answered = false;
  }

  fromServer(): void {
    this.#answered = true;
  }
}
