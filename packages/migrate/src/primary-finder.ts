import {
  connectNode,
  type DiscoverySource,
  discoverNodes,
  type Node,
  type NodeDefaults,
  type NodeIdentity,
  nodeIdentitySql,
  parseNodeIdentity,
} from "@pg-mig/cluster";
import { isPgMigError, PgMigError } from "@pg-mig/errors";
import type pg from "pg";

export interface PrimaryFinderOptions {
  readonly sources: readonly DiscoverySource[];
  readonly defaults: NodeDefaults;
  readonly applicationName: string;
  readonly signal: AbortSignal;
  /** Told when a node is found at another address. */
  readonly onNote: (message: string) => void;
}

/** A connection, and the address that it leads to. */
export interface FoundPrimary {
  readonly client: pg.Client;
  readonly node: Node;
}

/**
 * Connects to nodes whose primary may move while a run goes on. A node with an island that cannot
 * be used any more is looked for among the nodes that the sources name for its island by now; it is
 * taken from there only if it is the same database of the same database cluster, and a primary.
 */
export class PrimaryFinder {
  readonly #options: PrimaryFinderOptions;
  /** Where nodes were found last, by the name that they had first. */
  readonly #moved = new Map<string, Node>();
  #asking: Promise<readonly Node[]> | undefined;

  constructor(options: PrimaryFinderOptions) {
    this.#options = options;
  }

  /** @throws PgMigError what `connectNode` throws; `PRIMARY_MOVED` */
  async connect(first: Node, identity: NodeIdentity): Promise<FoundPrimary> {
    const node = this.#moved.get(first.name) ?? first;
    if (first.island === undefined) return { node, client: await this.#open(node) };
    try {
      return { node, client: await this.#openPrimary(node, identity) };
    } catch (error) {
      if (!isPgMigError(error)) throw error;
      const found = await this.#lookAgain(first, node, identity);
      if (found === undefined) throw error;
      this.#moved.set(first.name, found.node);
      this.#options.onNote(`${first.label} has moved: its primary is ${found.node.name} now.`);
      return found;
    }
  }

  async #lookAgain(
    first: Node,
    lost: Node,
    identity: NodeIdentity,
  ): Promise<FoundPrimary | undefined> {
    for (const node of await this.#ask()) {
      if (node.island !== first.island || node.name === lost.name) continue;
      try {
        return { node, client: await this.#openPrimary(node, identity) };
      } catch (error) {
        if (!isPgMigError(error)) throw error;
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
        if (isPgMigError(error)) return [];
        throw error;
      })
      .finally(() => {
        this.#asking = undefined;
      });
    return this.#asking;
  }

  #open(node: Node): Promise<pg.Client> {
    const { applicationName, signal } = this.#options;
    return connectNode(node, { applicationName, signal });
  }

  async #openPrimary(node: Node, wanted: NodeIdentity): Promise<pg.Client> {
    const client = await this.#open(node);
    try {
      const found = parseNodeIdentity((await client.query(nodeIdentitySql)).rows);
      const same =
        found.systemIdentifier === wanted.systemIdentifier &&
        found.databaseOid === wanted.databaseOid;
      if (same && !found.inRecovery) return client;
      throw new PgMigError(
        `${node.name} is not the primary of island ${node.island} any more${same ? "" : ", but another database"}.`,
        {
          code: "PRIMARY_MOVED",
          hint: "Run pg-mig again when the failover is over.",
          where: { node: node.label },
        },
      );
    } catch (error) {
      await client.end();
      throw error;
    }
  }
}
