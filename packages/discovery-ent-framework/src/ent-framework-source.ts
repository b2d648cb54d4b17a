import type { DiscoverySource, NodeSpec } from "@pg-mig/cluster";
import { specOfUrl } from "./connection-string.js";

/** What a node's configuration tells about its address: part of node-postgres's `PoolConfig`. */
export interface EntFrameworkNodeConfig {
  readonly connectionString?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  /** A password that is a function is left out: name one in the settings. */
  readonly password?: unknown;
  readonly database?: string | undefined;
  readonly ssl?: unknown;
}

/** A node of an island: its configuration, in `config` or beside its name. */
export interface EntFrameworkNode extends EntFrameworkNodeConfig {
  readonly name?: string | undefined;
  readonly config?: EntFrameworkNodeConfig | undefined;
}

/** An island of a cluster. */
export interface EntFrameworkIsland {
  readonly no: number;
  readonly nodes: readonly EntFrameworkNode[];
}

type Islands = readonly EntFrameworkIsland[];

/** What is needed of a `Cluster` of Ent Framework. */
export interface EntFrameworkCluster {
  readonly options: { readonly islands: Islands | (() => Islands | Promise<Islands>) };
}

export interface EntFrameworkOptions {
  /** The port, where migrations must not go through the pooler that the cluster's nodes name. */
  readonly port?: number;
}

/**
 * The source for a cluster that Ent Framework knows: the nodes of its islands. Replicas may be
 * among them. The number of the island is the node's island, its name the label `name`.
 */
export function entFramework(
  { options: { islands } }: EntFrameworkCluster,
  { port }: EntFrameworkOptions = {},
): DiscoverySource {
  return {
    name: "ent-framework",
    async discover() {
      const all = typeof islands === "function" ? await islands() : islands;
      return all.flatMap(({ no, nodes }) =>
        nodes.map(
          (node): NodeSpec => ({
            ...specOf(node, no),
            ...(port === undefined ? {} : { port }),
            island: String(no),
            ...(node.name === undefined ? {} : { labels: { name: node.name } }),
          }),
        ),
      );
    },
  };
}

function specOf(node: EntFrameworkNode, island: number): NodeSpec {
  const { connectionString, host, port, user, password, database, ssl } = node.config ?? node;
  const spec = {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(typeof password === "string" ? { password } : {}),
    ...(database === undefined ? {} : { database }),
    // node-postgres verifies the certificate unless it is told not to; `false` is no TLS at all.
    ...(ssl === undefined ? {} : { sslMode: sslModeOf(ssl) }),
    // As in node-postgres, the connection string is stronger.
    ...(connectionString === undefined ? {} : specOfUrl(connectionString)),
  };
  if (spec.host === undefined) {
    throw new Error(`A node of island ${island} has neither host nor connectionString.`);
  }
  return { ...spec, host: spec.host };
}

function sslModeOf(ssl: unknown): "disable" | "require" | "verify-full" {
  if (ssl === false || ssl === null) {
    return "disable";
  }
  const trusting =
    typeof ssl === "object" && "rejectUnauthorized" in ssl && !ssl.rejectUnauthorized;
  return trusting ? "require" : "verify-full";
}
