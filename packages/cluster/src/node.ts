import { defaults as ownDefaults } from "@pg-mig/model";
import { type NodeAddress, renderAddress, renderEndpoint } from "./node-address.js";
import type { NodeDefaults, NodeSpec } from "./node-spec.js";
import type { SslMode } from "./ssl-mode.js";

/** One PostgreSQL server and database, with everything that is needed to connect to it. */
export interface Node extends NodeAddress {
  /** `host:port/db`: the unique key. `parseHosts` reads it. */
  readonly name: string;
  /** The shortest of `host`, `host:port` and `host:port/db` that no other node shares. */
  readonly label: string;
  readonly user: string;
  /** Not enumerable: neither `util.inspect` nor `JSON.stringify` shows it. */
  readonly password: string | undefined;
  readonly sslMode: SslMode;
  readonly sslRootCert: string | undefined;
  readonly sslCert: string | undefined;
  readonly sslKey: string | undefined;
  readonly passFile: string | undefined;
  readonly connectTimeoutMs: number | undefined;
  readonly startupParameters: Readonly<Record<string, string>>;
  readonly island: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Makes nodes of what discovery found. Pure.
 *
 * Specs of the same address are one node, for which the first word on each thing counts. Nodes come
 * out sorted by name.
 */
export function resolveNodes(specs: readonly NodeSpec[], defaults: NodeDefaults): Node[] {
  const merged = new Map<string, NodeSpec & NodeAddress>();
  for (const spec of specs) {
    const resolved = { ...spec, ...resolveAddress(spec, defaults) };
    const key = renderAddress(resolved);
    const before = merged.get(key);
    merged.set(
      key,
      before === undefined
        ? resolved
        : { ...resolved, ...before, labels: { ...resolved.labels, ...before.labels } },
    );
  }
  const byName = [...merged].sort(([a], [b]) => (a < b ? -1 : 1));
  const labels = labelAddresses(byName.map(([, spec]) => spec));
  return byName.map(([name, spec], index) =>
    createNode(name, labels[index] ?? name, spec, defaults),
  );
}

/** The same node, but another database on it: the server's own, for example, to create one. */
export function withDatabase(node: Node, database: string): Node {
  const name = renderAddress({ host: node.host, port: node.port, database });
  return hidePassword({ ...node, database, name, label: node.label }, node.password);
}

/** For each address, the shortest of `host`, `host:port` and `host:port/db` that no other shares. */
export function labelAddresses(addresses: readonly NodeAddress[]): string[] {
  const hosts = count(addresses.map(({ host }) => host));
  const endpoints = count(addresses.map(renderEndpoint));
  return addresses.map((address) => {
    if (hosts.get(address.host) === 1) {
      return address.host;
    }
    const endpoint = renderEndpoint(address);
    return endpoints.get(endpoint) === 1 ? endpoint : renderAddress(address);
  });
}

function resolveAddress(spec: NodeSpec, defaults: NodeDefaults): NodeAddress {
  return {
    host: spec.host === "" ? (defaults.host ?? ownDefaults.host) : spec.host,
    port: spec.port ?? defaults.port,
    database: spec.database ?? defaults.database ?? spec.user ?? defaults.user,
  };
}

function createNode(
  name: string,
  label: string,
  spec: NodeSpec & NodeAddress,
  defaults: NodeDefaults,
): Node {
  return hidePassword(
    {
      name,
      label,
      host: spec.host,
      port: spec.port,
      database: spec.database,
      user: spec.user ?? defaults.user,
      sslMode: spec.sslMode ?? defaults.sslMode,
      sslRootCert: defaults.sslRootCert,
      sslCert: defaults.sslCert,
      sslKey: defaults.sslKey,
      passFile: defaults.passFile,
      connectTimeoutMs: defaults.connectTimeoutMs,
      startupParameters: { ...defaults.startupParameters },
      island: spec.island,
      labels: { ...spec.labels },
    },
    spec.password ?? defaults.password,
  );
}

function hidePassword(node: Omit<Node, "password">, password: string | undefined): Node {
  const hidden = Object.defineProperty({ ...node, password }, "password", { enumerable: false });
  return Object.freeze(hidden);
}

function count(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
