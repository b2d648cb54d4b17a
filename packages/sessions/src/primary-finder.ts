import {
  connectNode,
  type DiscoverySource,
  discoverNodes,
  type Node,
  type NodeDefaults,
  type NodeIdentity,
  nodeIdentitySql,
  parseNodeIdentity,
  streamRows,
} from "@pg-mig/cluster";
import { isPgMigError, ownPathSql, PgMigError } from "@pg-mig/model";
import type pg from "pg";
import { answerWithinMs, silentNode } from "./silence.js";
import { within } from "./within.js";

export interface PrimaryFinderOptions {
  /** Where the nodes come from. */
  readonly sources: readonly DiscoverySource[];
  /** What a source leaves out. */
  readonly defaults: NodeDefaults;
  readonly applicationName: string;
  readonly signal: AbortSignal;
  /** Told when a node is found at another address. */
  readonly onNote: (message: string) => void;
  /**
   * Told when a node was promoted, before the connection that shows it is given out: every one that was given out
   * before leads to an old primary, for none leads to a replica.
   */
  readonly onPromotion: (first: Node) => void;
}

/** A connection, the address that it leads to, and what answers there. */
export interface FoundPrimary {
  readonly client: pg.Client;
  readonly node: Node;
  readonly identity: NodeIdentity;
}

/**
 * Connects to nodes whose primary may move while a run goes on, and sees to it that every connection
 * leads to the database that the run began with, on its primary, and never back to an old primary
 * before a promotion that was seen already.
 *
 * A node with an island that cannot be used any more is looked for among the nodes that the sources
 * name for its island by now.
 */
export class PrimaryFinder {
  readonly #options: PrimaryFinderOptions;
  /** Where nodes were found last, by the name that they had first. */
  readonly #moved = new Map<string, Node>();
  /** The highest timeline that was seen of each node, by the same name. */
  readonly #timelines = new Map<string, string>();
  #asking: Promise<readonly Node[]> | undefined;
  #promotions = 0;

  constructor(options: PrimaryFinderOptions) {
    this.#options = options;
  }

  /** How many promotions were seen. */
  get promotions(): number {
    return this.#promotions;
  }

  /**
   * A server that lets us in, and does not say within 15 seconds who it is, is unreachable.
   *
   * @throws PgMigError what `connectNode` throws; `PRIMARY_MOVED`
   */
  async connect(first: Node, identity: NodeIdentity): Promise<FoundPrimary> {
    const node = this.#moved.get(first.name) ?? first;
    const wanted = { first, identity };
    try {
      return await this.#openPrimary(node, wanted);
    } catch (error) {
      if (first.island === undefined || !isPgMigError(error)) {
        throw error;
      }
      const found = await this.#lookAgain(node, wanted);
      if (found === undefined) {
        throw error;
      }
      this.#moved.set(first.name, found.node);
      this.#options.onNote(`${first.label} has moved: its primary is ${found.node.name} now.`);
      return found;
    }
  }

  /**
   * Requires that no promotion of the node was seen since a connection to it was made.
   *
   * @throws PgMigError `PRIMARY_MOVED`
   */
  requireLatest(first: Node, { timeline = "" }: NodeIdentity): void {
    requireNotBefore(this.#timelines.get(first.name) ?? timeline, timeline, first);
  }

  async #lookAgain(lost: Node, wanted: Wanted): Promise<FoundPrimary | undefined> {
    for (const node of await this.#ask()) {
      if (node.island !== wanted.first.island || node.name === lost.name) {
        continue;
      }
      try {
        return await this.#openPrimary(node, wanted);
      } catch (error) {
        if (!isPgMigError(error)) {
          throw error;
        }
      }
    }
    return undefined;
  }

  /** Asks the sources; once for all slots that lost their node in the same moment. */
  #ask(): Promise<readonly Node[]> {
    const { sources, defaults, signal } = this.#options;
    this.#asking ??= discoverNodes(sources, { signal, defaults, log: () => {} })
      // In the moment of a failover a source may know no primary; the caller comes again.
      .catch((error: unknown) => {
        signal.throwIfAborted();
        if (isPgMigError(error)) {
          return [];
        }
        throw error;
      })
      .finally(() => {
        this.#asking = undefined;
      });
    return this.#asking;
  }

  async #openPrimary(node: Node, wanted: Wanted): Promise<FoundPrimary> {
    const { applicationName, signal } = this.#options;
    const client = await connectNode(node, { applicationName, signal });
    try {
      const rows: Readonly<Record<string, unknown>>[] = [];
      const asked = streamRows(client, `${ownPathSql};\n${nodeIdentitySql}`, (row) =>
        rows.push(row),
      );
      if ((await within(answerWithinMs, asked)) === "late") {
        throw silentNode(node, answerWithinMs);
      }
      const identity = parseNodeIdentity(rows);
      this.#requirePrimary(node, identity, wanted);
      return { client, node, identity };
    } catch (error) {
      await client.end();
      throw error;
    }
  }

  #requirePrimary(node: Node, found: NodeIdentity, { first, identity }: Wanted): void {
    const seen = this.#timelines.get(first.name) ?? identity.timeline ?? "";
    const { timeline = "" } = found;
    const isSame =
      found.systemIdentifier === identity.systemIdentifier &&
      found.databaseOid === identity.databaseOid;
    if (!isSame) {
      throw moved(node, "is another database than the one that the run began with");
    }
    if (found.inRecovery) {
      throw moved(node, "is a replica now");
    }
    requireNotBefore(seen, timeline, node);
    this.#timelines.set(first.name, timeline);
    if (timeline === seen) {
      return;
    }
    this.#promotions++;
    this.#options.onPromotion(first);
    const [before, now] = [seen, timeline].map(timelineNumber);
    this.#options.onNote(
      `${first.label} was promoted: timeline ${before} -> ${now}. What was not replicated is gone there; it is looked for at the end of the round and applied again.`,
    );
  }
}

/** A node as the run knows it, and what its server was when the run began. */
interface Wanted {
  readonly first: Node;
  readonly identity: NodeIdentity;
}

function requireNotBefore(seen: string, timeline: string, node: Node): void {
  if (timeline < seen) {
    const [now, before] = [timeline, seen].map(timelineNumber);
    throw moved(node, `is on timeline ${now}: it is an old primary, for ${before} was seen`);
  }
}

/** As PostgreSQL's own messages have it. */
function timelineNumber(timeline: string): number {
  return Number.parseInt(timeline, 16);
}

function moved(node: Node, what: string): PgMigError {
  return new PgMigError(`${node.name} ${what}.`, {
    code: "PRIMARY_MOVED",
    hint: "Run pg-mig again when the failover is over, and no old primary is left at that address.",
    where: { node: node.label },
  });
}
