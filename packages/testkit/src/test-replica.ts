import { setTimeout as sleep } from "node:timers/promises";
import { TestNode, type TestNodeOptions } from "./test-node.js";
import { TestkitError } from "./testkit-error.js";

/** A streaming replica: a hot standby of another node, until it is promoted. */
export class TestReplica extends TestNode {
  /** What it was copied from and streams from. */
  readonly primary: TestNode;
  /** Its `application_name` at the primary, for `synchronous_standby_names`; its slot, too. */
  readonly name: string;

  constructor(options: TestNodeOptions & { readonly primary: TestNode; readonly name: string }) {
    super(options);
    this.primary = options.primary;
    this.name = options.name;
  }

  /** Waits until all that the primary has committed up to now can be read here. */
  async catchUp(): Promise<void> {
    // A record of our own to wait for: without one, the end of the log may be the empty beginning of
    // a page, which a replica reaches with the next record only.
    await this.primary.query("SELECT pg_logical_emit_message(true, 'testkit', 'catch up')");
    const [primary] = await this.primary.query<{ lsn: string }>(
      "SELECT pg_current_wal_flush_lsn() AS lsn",
    );
    const client = await this.connect();
    try {
      const reached = "SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS reached";
      while (!(await client.query(reached, [primary?.lsn])).rows[0]?.reached) {
        await sleep(10);
      }
    } finally {
      await client.end();
    }
  }

  /**
   * Makes it a primary, on a timeline of its own, and waits until it takes writes. The old primary
   * is not told: stop it, or let it go on, as a test needs it.
   *
   * @throws TestkitError `REPLICA_NOT_PROMOTED` after a minute.
   */
  async promote(): Promise<void> {
    const [row] = await this.query<{ done: boolean }>("SELECT pg_promote(true, 60) AS done");
    if (row?.done === true) {
      return;
    }
    throw new TestkitError(`The replica on port ${this.port} was not promoted within a minute.`, {
      code: "REPLICA_NOT_PROMOTED",
      hint: "Its log says why: look at replica.log().",
    });
  }
}
